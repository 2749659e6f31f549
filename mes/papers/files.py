"""Papers as files to download, wherever they are handed out."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from mes.papers import services
from mes.papers.drawing import workbook
from mes.papers.models import Paper

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def pdf_file(paper: Paper, *, copy: bool = False) -> HttpResponse:
    """The PDF, to be looked at; stamped where another revision replaced it."""
    return _file(services.printed(paper, copy=copy), PDF, f"{paper.file_name}.pdf", is_attachment=False)


def workbook_file(paper: Paper) -> HttpResponse:
    """The content as a workbook, to be saved."""
    body = workbook.draw(paper.content | {"digest": paper.digest, "signed": paper.print.signed})
    return _file(body, XLSX, f"{paper.file_name}.xlsx", is_attachment=True)


def _file(body: bytes, content_type: str, name: str, *, is_attachment: bool) -> HttpResponse:
    disposition = content_disposition_header(is_attachment, name) or "inline"
    return HttpResponse(body, content_type=content_type, headers={"Content-Disposition": disposition})
