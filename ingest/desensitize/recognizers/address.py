"""Street addresses, Chinese and western: at least a road and a number. Cities and regions alone are no address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import SURE, Recognizer

_HAN = "\u4e00-\u9fff"
_NUMBER = r"(?:\d{1,5}(?:[-之]\d{1,4})?|[一二三四五六七八九十百零〇]{1,5})"
_CORE = re.compile(
    r"(?:路|街|大道|道|巷|弄|胡同|里|坊|横|公路|村|庄|园区|工业区|新村)(?:[东南西北中上下]段?|"
    r"[一二三四五六七八九十]{1,2}[段路街巷横])?"
    rf"[ ]?(?:{_NUMBER} ?弄 ?)?{_NUMBER} ?(?:号院?|弄|组\d{{1,4}}号)(?!线|机|电|码|文|令|召|召开|工单|订单|箱)"
)
_CHAIN = re.compile(
    rf"[{_HAN}]{{2,12}}?(?:省|市|自治区|自治州|地区)?[{_HAN}]{{0,12}}?(?:区|县|旗|镇|乡|街道|开发区|工业园|产业园|"
    rf"科技园|高新区|新区)"
    rf"[{_HAN}\d]{{0,12}}?(?:路|街|大道|道|巷|弄)\d{{1,5}}(?!\d| ?[号弄之-]|年|月|米|公里|人|元)"
)
_CHAIN_END = re.compile(r"[路街道巷弄]\d{1,5}")
_LONGEST_CHAIN = 60
"""Characters of a chain, and a few more."""
_LOOK_AHEAD = 4
_LEFT_RUN = re.compile(rf"[{_HAN}0-9A-Z()]{{1,40}}$")
_LEAD = re.compile(
    r"地址|住址|住所|位于|位在|坐落|坐落于|设在|设于|迁至|迁往|搬至|搬到|搬往|寄至|寄到|寄往|寄回|送至|送到|送往|"
    r"发往|发至|发到|邮寄|快递|运至|运往|前往|到达|抵达|来自|居住|住在|现住|"
    r"家住|租住|租赁|户籍|籍贯|开户|注册地|办公地|门店|店址|厂址|仓库|接至|接到|上门|去往|派往|收货|收件|登记|现居|"
    r"地点|地点为|地处|迁入|搬入|为|是|在|至|到|于|往|去|从|由|址|住|和|与|及|或|改成|改为|更新为|变更为"
)
_ESTATE = (
    r"小区|花园|大厦|广场|公寓|家园|新村|新城|中心|大楼|花苑|雅苑|苑|名苑|园|城|府|庭|湾|都|科技园|工业园"
    r"|产业园|写字楼|国际|世家|名邸|公馆|佳苑|嘉园|山庄|别墅|宿舍|校区|院|村|里|轩|居|阁|坊|楼"
)
_TAIL = re.compile(
    rf"(?:[ ]?[{_HAN}]{{1,10}}?(?:{_ESTATE})(?=[ ]?[\dA-Z东南西北一二三四五六七八九十]|[,，。;；)）\s|]|$)"
    rf"|[{_HAN}]{{2,8}}?(?=第?\d{{1,3}}(?:号?楼|栋|幢|座)))?第?"
    r"(?:[东南西北][区座楼])?(?:[ ]?[东南西北]?[A-Z]?[-\dA-Za-z一二三四五六七八九十]{1,6}(?:号楼|号院|栋|幢|座|"
    r"单元|层|楼|室|号|房|门|户|期|区|铺|宅|梯|弄)){0,6}"
    r"(?:(?<=[元栋幢楼座层])[ ]?[A-Z]?\d{2,5}(?!\d|[年月日元]))?"
)
_STREETS = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way|"
    r"Parkway|Pkwy|"
    r"Highway|Hwy|Close|Crescent|Cres|Circle|Cir|Trail|Row|Gardens|Grove|Rise|Hill|Mews|Walk|Quay|Alley|Plaza|Pike|"
    r"Turnpike|View|Park)"
)
_UNIT = r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Room|Rm|Building|Bldg|No|#)\.? ?#?[0-9A-Za-z-]{1,6})"
_CITY = r"(?:,? [A-Z][A-Za-z.'’-]{1,20}(?: [A-Z][A-Za-z.'’-]{1,20}){0,2})"
_CODE = (
    r"(?:,? [A-Z]{2},? \d{5}(?:-\d{4})?|,? (?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})"
    r"|,? [A-Z]\d[A-Z] ?\d[A-Z]\d|,? [A-Z]{2,3} \d{4}|,? \d{4,6})"
)
_COUNTRY = (
    r"(?:,? (?:USA|U\.S\.A\.|United States|UK|United Kingdom|England|Scotland|Wales|Ireland|Germany|France|Canada|"
    r"Australia|Singapore|"
    r"Netherlands|Switzerland|Austria|India|China))"
)
_KNOWN_CITIES = (
    r"(?:,? (?:London|Manchester|Birmingham|Leeds|Bristol|Edinburgh|Glasgow|Oxford|Cambridge|Dublin|New York|Los "
    r"Angeles|Chicago|Houston|"
    r"Boston|Seattle|Portland|Austin|Denver|Dallas|San Francisco|San Diego|San Jose|Philadelphia|Phoenix|Atlanta|"
    r"Miami|Toronto|Vancouver|"
    r"Montreal|Sydney|Melbourne|Brisbane|Perth|Auckland|Wellington|Singapore|Hong Kong|Springfield|Columbus|Munich|"
    r"Berlin|Hamburg|Paris|Vienna|Zurich)"
    r"(?![A-Za-z]))"
)
_END = (
    rf"(?:{_UNIT})?(?:{_CITY}{{0,2}}{_CODE}(?![\dA-Za-z])(?:{_COUNTRY})?"
    rf"|{_KNOWN_CITIES}(?:{_CODE}(?![\dA-Za-z]))?(?:{_COUNTRY})?|{_COUNTRY})?"
)
_WESTERN = re.compile(
    r"(?<![0-9A-Za-z.,-])(?<!\d )(?:(?:Apt|Apartment|Flat|Unit|Suite)\.? ?[0-9A-Za-z-]{1,5}, )?"
    r"\d{1,5}[A-Za-z]?(?:-\d{1,4})? (?:[NSEW]\.? |North |South |East |West )?"
    r"(?:[A-Z][A-Za-z.'’-]{0,20}|\d{1,3}(?:st|nd|rd|th)) (?:(?:[A-Z][A-Za-z.'’-]{0,20}|of|the|de|la) ){0,3}"
    rf"{_STREETS}\b(?! (?:of|to|in) [A-Za-z])\.?(?: (?:North|South|East|West|[NSEW]|NE|NW|SE|SW)\b)?{_END}"
)
_BROADWAY = re.compile(rf"(?<![0-9A-Za-z.,-])\d{{1,5}} (?:Broadway|The Strand|Whitehall|Piccadilly)\b{_END}")
_GERMAN = re.compile(
    r"(?<![0-9A-Za-zÀ-ž_-])(?!(?:Bea|St|Sp|Wi|Enginee|Monito|Manufactu|Stee|Floo|Gea|Moo|Mete|Sco|Pai|Du)ring )"
    r"(?:[A-ZÄÖÜ][a-zäöüß]+(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|markt|steig)|"
    r"(?:[A-ZÄÖÜ][a-zäöüß]+(?:er|en)?[ -]){1,2}(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer))"
    r" \d{1,4} ?[a-z]?(?![0-9A-Za-zÀ-ž_])(?:, (?:D-)?\d{5} [A-ZÄÖÜ][a-zäöüß]+(?: [a-z]+ [A-ZÄÖÜ][a-zäöüß]+)?|, "
    r"[A-ZÄÖÜ][a-zäöüß]{3,15}(?![0-9A-Za-zÀ-ž_ ]))?"
)
_ROMANIC = re.compile(
    r"(?<![0-9A-Za-zÀ-ž_-])(?:\d{1,4}(?: ?bis| ?ter)?,? (?:rue|avenue|boulevard|place|allée|impasse|quai)|"
    r"(?:Via|Viale|Piazza|Corso|Calle|Avenida|Plaza|Rua))"
    r" (?:(?:de|du|des|la|le|della|del|di|d'|l')[ ]?){0,2}[A-ZÀ-Ý][A-Za-zÀ-ž'’-]+(?: [A-ZÀ-Ý][A-Za-zÀ-ž'’-]+){0,3}"
    r"(?:,? \d{1,4}(?!\d))?(?:, \d{5} [A-ZÀ-Ý][A-Za-zÀ-ž'’-]+)?"
)


def _chains(text: str) -> Iterator[re.Match[str]]:
    """Chains of regions with a road and a number; looked for only before roads with numbers, as the pattern is dear."""
    past = 0
    for road in _CHAIN_END.finditer(text):
        if road.start() >= past:
            for match in _CHAIN.finditer(text, max(past, road.start() - _LONGEST_CHAIN), road.end() + _LOOK_AHEAD):
                yield match
                past = match.end()


@cache
def _regions() -> re.Pattern[str]:
    from ingest.desensitize.names.lexicon import lines_of

    names = sorted({name for line in lines_of("zh_regions.txt") for name in line.split()}, key=len, reverse=True)
    return re.compile("|".join(names))


class Address(Recognizer):
    """From the region, if one is named, to the door."""

    entity = "ADDRESS"

    def find(self, view: TextView) -> Iterator[tuple[int, int, float]]:
        """Chinese ones from their road and number outward, western ones by their form."""
        text = view.plain
        if view.has_han:
            yield from _chinese(text)
        for pattern in (_WESTERN, _BROADWAY, _GERMAN):
            for match in pattern.finditer(text):
                yield match.start(), match.start() + len(match.group().rstrip(" ,")), SURE
        for match in _ROMANIC.finditer(text):
            if any(map(str.isdigit, match.group())):
                yield *match.span(), SURE

    @staticmethod
    def canonical(value: str) -> str:
        """In lower case without blanks and commas."""
        return re.sub(r"[\s,，.]+", "", value).lower()

    @staticmethod
    def generalized(value: str) -> str | None:
        """Nothing: a city alone says too little to keep a form of its own."""
        del value
        return None


def _chinese(text: str) -> Iterator[tuple[int, int, float]]:
    for match in _CORE.finditer(text):
        start = _start(text, match.start())
        if start is not None:
            yield start, _end(text, match.end()), SURE
    for match in _chains(text):
        region = _regions().search(match.group())
        if region is not None:
            yield match.start() + region.start(), _end(text, match.end()), SURE


def _start(text: str, road: int) -> int | None:
    """Where the address begins whose road's last character stands at `road`; None when there is no road name."""
    run = _LEFT_RUN.search(text, max(0, road - 40), road)
    if run is None:
        return None
    before = run.group()
    region = _regions().search(before)
    while region is not None and _too_far(before[region.start() :]):
        region = _regions().search(before, region.end())
    if region is not None:
        return run.start() + region.start()
    leads = [match.end() for match in _LEAD.finditer(before) if match.end() < len(before)]
    start = run.start() + (leads[-1] if leads else 0)
    return (
        start
        if any("\u4e00" <= character <= "\u9fff" for character in text[start:road]) and road - start <= _LONGEST_STREET
        else None
    )


_LONGEST_STREET = 14


def _too_far(chain: str) -> bool:
    """Whether a verb stands between a region and the road, so that the region belongs to something else."""
    return re.search(r"寄|送|运|发往|前往|出发|公司|位于|住|在|的|了|到", chain) is not None


def _end(text: str, end: int) -> int:
    tail = _TAIL.match(text, end)
    return tail.end() if tail is not None else end
