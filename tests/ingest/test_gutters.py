"""Two columns of text that a program wrote line by line across the page, and tables that only look like that."""

import io
import textwrap

import pytest

from ingest.cleaning import clean
from ingest.loaders import load_bytes

LEFT = (
    "Employees who travel on business ask for approval before they book anything. The head of the department decides "
    "within three working days, and whoever gets no answer by then may take it for a yes. Hotels are paid up to the "
    "limits in the annex, and what exceeds them is borne by the traveller unless the director has agreed to it before "
    "the journey began. Receipts are handed in within thirty days of the return."
)
RIGHT = (
    "Holidays are planned at the beginning of each year, so that every team keeps enough people at work. Twelve days "
    "are the least that everybody takes, and at most five of them may be carried over into the spring of next year. "
    "Whoever falls ill meanwhile gets those days back when a doctor confirms it, which has to reach the office in the "
    "same week. Unpaid leave is agreed with the head of the department."
)
ZH_LEFT = (
    "员工出差应当事先提交申请并说明事由与行程经部门负责人批准后方可预订酒店和车票住宿费用在附件规定的限额之内据实报销"
    "超出部分由本人承担但事先经总监同意的除外返回后三十日内应当交齐全部票据并填写报销单逾期未交的视为放弃报销"
) * 2
ZH_RIGHT = (
    "年度休假计划应当于每年年初由各部门统一安排以保证各组始终有足够人手在岗每名员工每年至少休假十二天其中最多五天可以"
    "结转至次年春季休假期间生病的凭医院证明可以补休证明应当在当周送达人事部门无薪休假须与部门负责人另行商定后执行"
) * 2


def page(rows: list[tuple[str, str]], font: str = "Helvetica", title: str = "Rules of the house") -> bytes:
    """A page with these rows of two cells each, written from left to right and then down."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    if font == "STSong-Light":
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.setFont(font, 16)
    canvas.drawString(60, 780, title)
    canvas.setFont(font, 9)
    for number, (left, right) in enumerate(rows):
        canvas.drawString(60, 740 - 12 * number, left)
        canvas.drawString(320, 740 - 12 * number, right)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def texts(data: bytes) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in clean(load_bytes(data, "a.pdf")).blocks]


@pytest.mark.parametrize(
    ("left", "right", "width", "font"),
    [(LEFT, RIGHT, 50, "Helvetica"), (ZH_LEFT, ZH_RIGHT, 24, "STSong-Light")],
    ids=["en", "zh"],
)
def test_columns_written_across_are_read_one_after_the_other(left: str, right: str, width: int, font: str) -> None:
    columns = [textwrap.wrap(text, width) for text in (left, right)]
    fewer = min(map(len, columns))
    rows = [*zip(columns[0][:fewer], columns[1][:fewer], strict=True)]
    found = texts(page(rows, font))
    assert found[0] == ("heading", "Rules of the house")
    joined = "" if font == "STSong-Light" else " "
    assert [kind for kind, _ in found[1:]] == ["text"] * len(found[1:])
    read = joined.join(text for _, text in found[1:]).replace("\n", joined)
    assert read == joined.join([*columns[0][:fewer], *columns[1][:fewer]])


def test_what_spans_both_columns_stays_where_it_is() -> None:
    columns = [textwrap.wrap(text, 50) for text in (LEFT, RIGHT)]
    rows = list(zip(*columns, strict=False))
    whole = (
        "All of this holds from the first of March on, for everybody who works here, whatever the contract says.",
        "",
    )
    found = " ".join(text for _, text in texts(page([whole, *rows]))).replace("\n", " ")
    assert found.index("All of this holds") < found.index("Employees who travel") < found.index("Holidays are planned")


@pytest.mark.parametrize(
    "rows",
    [
        [(f"City number {number}", f"{number}00 CNY a night, breakfast included") for number in range(12)],
        [(f"Item {number}: paper clips, staples and everything", f"Held in room {number} on the ground floor")
         for number in range(12)],
        [("Head of the department for sales", "Decides on travel within three days"),
         ("Director of the whole company", "Agrees to what exceeds the limits")] * 6,
    ],
    ids=["amounts", "items", "phrases"],
)  # fmt: skip
def test_tables_stay_tables(rows: list[tuple[str, str]]) -> None:
    (_, (kind, text)) = texts(page(rows))
    assert kind == "table"
    assert text.count("\n") == len(rows)
