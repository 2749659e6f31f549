"""The HTTP face of quality, and of lots, which are received through it."""

from quality.api import actions, charts, gauges, inspections, nonconformances, plans, sampling, studies

VIEWSETS: dict[str, type] = {
    "inspection-plans": plans.InspectionPlanViewSet,
    "characteristics": plans.CharacteristicViewSet,
    "inspection-pictures": sampling.InspectionPictureViewSet,
    "sampling-schemes": sampling.SamplingSchemeViewSet,
    "sampling-sources": sampling.SamplingSourceViewSet,
    "inspections": inspections.InspectionViewSet,
    "measurements": inspections.MeasurementViewSet,
    "nonconformances": nonconformances.NonconformanceViewSet,
    "corrective-actions": actions.CorrectiveActionViewSet,
    "cost-entries": actions.CostEntryViewSet,
    "nonconformance-pareto": actions.ParetoViewSet,
    "gauges": gauges.GaugeViewSet,
    "calibrations": gauges.CalibrationViewSet,
    "gauge-reviews": gauges.GaugeReviewViewSet,
    "gauge-studies": studies.GaugeStudyViewSet,
    "control-charts": charts.ControlChartViewSet,
    "chart-limits": charts.ChartLimitsViewSet,
    "chart-points": charts.ChartPointViewSet,
    "chart-signals": charts.ChartSignalViewSet,
}
