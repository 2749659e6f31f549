"""`manage.py plan_stock`: forecast, set targets and propose what to make and buy, in one go."""

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from forecasting import services
from forecasting.models import ForecastRun, Replenishment
from mes.core.history import done_by
from mes.core.models import User
from mes.core.refusals import DomainError


class Command(BaseCommand):
    help = (
        "Forecast every item that is kept in stock, set its stock target and propose what to make or buy. "
        "Proposals that nobody has decided about are replaced; safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--horizon", type=int, default=services.HORIZON_DAYS, help="Days ahead (91)")
        parser.add_argument("--workers", type=int, default=1, help="Processes that share the forecasting (1)")
        parser.add_argument("--keep-forecasts", action="store_true", help="Only make the proposals anew")
        parser.add_argument(
            "--hindsight",
            type=int,
            metavar="WEEKS",
            help="Before that, forecast each of the last weeks that has no run from the demand known then; and judge all runs",
        )
        parser.add_argument(
            "--firm", type=int, metavar="DAYS", help="Firm what must start within so many days; needs --by"
        )
        parser.add_argument("--by", metavar="USERNAME", help="Whose decision the firming is")

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()
        by = self.user(options)
        weeks = options["hindsight"]
        if weeks is not None:
            self.look_back(weeks)
        try:
            if options["keep_forecasts"]:
                services.replenish(by=by, at=timezone.now())
            else:
                run = services.run_forecast(
                    horizon_days=options["horizon"],
                    workers=options["workers"],
                    progress=self.progress,
                    by=by,
                    at=timezone.now(),
                )
                self.tell_methods(run)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        if weeks is not None:
            judged = services.judge_forecasts(at=timezone.now())
            self.stdout.write(f"{judged} item{'' if judged == 1 else 's'} judged by the weeks that are over.")
        self.stdout.write(f"{Replenishment.objects.proposed().count()} proposals.")
        if options["firm"] is not None and by is not None:
            self.firm(options["firm"], by)
        self.stdout.write(f"Stock is planned ({time.monotonic() - begun:.1f} s).")

    def user(self, options: dict[str, Any]) -> User | None:
        if options["by"]:
            found = User.objects.filter(username=options["by"]).first()
            if found is None:
                raise CommandError(f"There is no user {options['by']}.")
            return found
        if options["firm"] is not None:
            raise CommandError("Firming is somebody's decision: say whose with --by USERNAME.")
        return None

    def look_back(self, weeks: int) -> None:
        if weeks < 1:
            raise CommandError("Hindsight goes back at least one week: --hindsight 13.")
        made = services.hindcast(weeks=weeks, at=timezone.now())
        self.stdout.write(f"{len(made)} of the last {weeks} weeks forecast in hindsight.")

    def progress(self, done: int, total: int) -> None:
        """On a terminal a line that counts up; elsewhere a line now and then."""
        if sys.stdout.isatty():
            self.stdout.write(f"\r  {done} of {total} items forecast", ending="\n" if done == total else "")
        elif done == total or done % 100 == 0:
            self.stdout.write(f"  {done} of {total} items forecast")
        self.stdout.flush()

    def tell_methods(self, run: ForecastRun) -> None:
        self.stdout.write(run.message)
        counts: dict[str, int] = {}
        for method in run.items.values_list("method", flat=True):
            counts[method] = counts.get(method, 0) + 1
        for method, count in sorted(counts.items(), key=lambda entry: -entry[1]):
            self.stdout.write(f"  {count:5} by {method}")

    def firm(self, days: int, by: User) -> None:
        with done_by(by.pk):
            firmed, refused = services.firm_due(within_days=days, by=by, at=timezone.now())
        self.stdout.write(f"{len(firmed)} proposals that start within {days} days became orders.")
        for row, refusal in refused[:10]:
            self.stderr.write(f"  {row}: {refusal}")
        if len(refused) > 10:
            self.stderr.write(f"  … and {len(refused) - 10} more could not become orders.")
        if firmed:
            # What became an order changes what runs out when, and so what the rest is for.
            services.replenish(by=by, at=timezone.now())
