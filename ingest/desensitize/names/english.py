"""Names of persons in Latin letters: runs of capitalized words, weighed by what names and ordinary text make of each.

A run needs a word that is known as a name; words around it (Dear, signed by, `customer:`) and what follows (an e-mail
address, a phone number) count too. One word alone is a name only behind a title or a greeting.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from ingest.desensitize.names.lexicon import english_names

_UP = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶŁĻĽŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŸŹŻŽ"
_LOW = "a-zß-öø-ÿāăąćčďđēėęěğģīįıķłļľńņňōőœŕřśşšţťūůűųźżž"
_WORD = (
    rf"(?:(?:O['’]|D['’]|Mc|Mac|De|Di|Du|La|Le|Van|(?:al|el|as|ash|ar|at|an|ad|bin)-)?[{_UP}][{_LOW}]+(?:-[{_UP}{_LOW}][{_LOW}]+)*"
    rf"|[{_UP}]{{2,}}(?:-[{_UP}]{{2,}})*|[{_UP}]\.)"
)
_PARTICLE = r"(?:van der|van den|von der|de la|van|von|de|da|dos|del|della|di|bin|ibn|al|el|ter|ten|zu)"
_RUN = re.compile(
    rf"(?<![0-9A-Za-z_À-ž/.\-\\'’])(?<![0-9A-Za-z]@)(?:{_WORD})(?: (?:{_PARTICLE} )?(?:{_WORD}))*(?![0-9A-Za-z_À-ž@])"
)
_CAPITAL_PARTICLES = frozenset("de di da del della la le lo van von el al bin ibn ben dos der den ter".split())
_PIECE = re.compile(rf"{_WORD}|[{_LOW}]+")
_REVERSED = re.compile(
    rf"(?<![0-9A-Za-zÀ-ž_@/.-])(?P<name>(?:{_WORD}), (?:{_WORD})(?: [{_UP}]\.)?)(?![0-9A-Za-zÀ-ž_@])"
    rf"(?! (?:and|or|&) |, (?:and |or )?[{_UP}])"
)

_TITLES = frozenset("mr mrs ms miss mx dr prof professor sir madam herr frau mme monsieur".split())
_GREETINGS = frozenset("dear hi hello hey thanks regards cheers sincerely".split())
_ANNOUNCING = (
    "by|from|to|with|for|attn|attention|cc|bcc|contact|name|employee|customer|client|engineer|"
    "manager|lead|colleague|director|officer|nurse|patient|tenant|student|teacher|attorney|lawyer|"
    "supervisor|technician|assistant|analyst|consultant|accountant|driver|guest|visitor|applicant|"
    "candidate|witness|author|reviewer|approver|owner|holder|cardholder|recipient|beneficiary|sender|"
    "signed|signature|chair|chaired by|present|absent|attendees?|participants?|reported by|approved by|"
    "prepared by|spouse|wife|husband|son|daughter|brother|sister|mother|father|call|ask|tell|meet|"
    "email|notify|inform|thank|met|hired|promoted|told|asked|invited|represented by|c/o|on behalf of|"
    "belongs to|belong to|assigned to|user|trainee|intern|agent|buyer|seller|landlord|partner|"
    "cofounder|founder|ceo|cto|cfo|president|secretary|treasurer|colleagues|and|interviewer|"
    "interviewee|complainant|claimant|insured|policyholder|payee|payer|debtor|creditor|shareholder"
)
_FIELDS = "name|customer|contact|owner|full_?name|user|employee|assignee|author|person|patient|client|sender|recipient"
_BEFORE = re.compile(
    rf"(?:\b(?:{_ANNOUNCING})s?|[\"'](?:{_FIELDS})[\"'])[\s:=,;(\"'<>|–-]{{1,4}}$",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"([A-Za-z]+)[\"']?[\s:=,;(\"'<>|–-]{1,4}$")
_LAST_WORDS = {
    re.split("[ /?_]+", words.rstrip("?"))[-1].rstrip("s") for words in f"{_ANNOUNCING}|{_FIELDS}".split("|")
}
_LAST_WORDS |= {"fullname"}
"""Without one of these (but for an s) right before a place, `_BEFORE`, which is slow, finds nothing there."""
_AFTER = re.compile(
    r"(?:\s?[<(][\w.+%-]+@|\s?[<(](?:spouse|wife|husband|mother|father|son|daughter|he/|she/|they/)|'s\b|’s\b|"
    r"\s?,\s?[\w.+%-]+@"
    r"|[\s,;|]{1,3}\+?\(?\d[\d\s().-]{6,}"
    r"|\s(?:said|says|wrote|writes|signed|joined|left|will|has|had|is|was|asked|told|called|reported|confirmed|"
    r"approved|agreed|visited|"
    r"works|lives|moved|resigned|requested|submitted|complained|paid|owes|received|sent|replied|presented|attended|"
    r"and|who|born|aged|"
    r"does|did|cannot|can|would|must|may|forgot|lost|bought|ordered|returned|took|gave|leads|manages|chairs|heads|"
    r"reports)\b"
    r"|\s?,\s(?:the|our|your|their|a|an|aged?|born|head|director|manager|vp|ceo|cto|cfo|senior|chief|finance|sales|"
    r"hr|it|legal|"
    r"engineer|operations|marketing|support|procurement|who|mobile|phone|tel|ssn|passport)\b)",
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(
    r"\s(?:Inc|Ltd|LLC|GmbH|AG|Corp|Corporation|Company|Co|Group|Holdings|University|College|Institute|School|"
    r"Hospital|Street|St|Road|Rd|"
    r"Avenue|Ave|Boulevard|Blvd|Lane|Ln|Drive|Dr|Way|Court|Plaza|Square|Park|Bridge|Station|Airport|Building|Tower|"
    r"Centre|Center|"
    r"Hall|Bay|Island|County|City|Lake|River|Mountain|Series|Foundation|Award|Prize|Theorem|Equation|Law|Effect|"
    r"Method|Filter|Test|"
    r"Model|Protocol|Key|Bank|Hotel|Store|Restaurant|Church|Museum|Prison|Act|workflows?|filters?|series|theorem|"
    r"gain|test|method|"
    r"algorithm|distribution|equation|effect|diagram|chart|score|index|screws?|screwdrivers?|keys?|cells?|constant|"
    r"scale|depots?|warehouses?|plants?|campus|stores?|yards?|terminals?|boards?|timber|planks?|lumber|wrench(?:es)?)\b"
)
_PLACES = frozenset(
    "street road avenue lane drive boulevard park house hall square court station airport university college "
    "institute school hospital "
    "company limited corporation group holdings bank hotel north south east west new san los las saint st fort "
    "mount port lake "
    "january february march april may june july august september october november december monday tuesday "
    "wednesday thursday "
    "friday saturday sunday january the this that these those if when while after before no yes not all any each "
    "per via please "
    "note see figure table section chapter appendix part page step version release draft policy report plan "
    "project team department "
    "office manager director head chief officer system server data cloud api sdk url http https pdf iso iec rfc "
    "sla kpi crm erp "
    "germany france china india japan england scotland ireland wales america europe asia africa "
    "denver paris london berlin munich madrid columbia phoenix memphis dakota texas kansas "
    "hangzhou shanghai beijing suzhou shenzhen nanjing ningbo singapore".split()
)
_TOWNS = frozenset(
    "jordan georgia chad israel austin houston dallas milan florence sydney victoria charlotte jackson lincoln "
    "washington madison cleveland orlando raleigh savannah montgomery kensington aurora carolina virginia "
    "lancaster preston chester bristol kent derby wellington hamilton nelson brisbane adelaide chelsea brooklyn".split()
)
"""Places that people are called by too: little speaks for a name, unless the words beside it do."""
_TOWN_GIVEN, _TOWN_SURNAME = 1.0, 0.5
_PINYIN_SURNAMES = frozenset(
    "wang li zhang liu chen yang huang zhao wu zhou xu sun zhu ma hu guo lin he gao luo zheng liang xie song tang "
    "han feng deng cao "
    "peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu ding ren shen yao fan zhong tan liao shi "
    "jin jia xia fu "
    "fang zou xiong bai meng qin qiu hou yin xue yan duan lei long tao hao shao qian kong dai mao mo lai qu niu "
    "hong gong ouyang "
    "sima shangguan zhuge murong situ xiahou huangfu yuchi gongsun linghu zhangsun yuwen sikong duanmu dongfang "
    "nangong dugu xuanyuan zhongli tantai helian chunyu xianyu taishi shentu huyan wanyan cui gan guan ji jian "
    "jing ju kuang lian lou mei miao mu nie ou ruan shang shu tu xiang xing yue yun zhai zhen zong bao bi bian "
    "cen chai che chu diao fei hua wen wan chang kang lan ling ni ning pang pei qi qiao rong sheng tong weng yi "
    "zang "
    "zhan zhuo zuo gu ge".split()
)
_KOREAN = frozenset(
    "kim lee park choi jung jeong kang cho yoon jang lim han oh seo shin kwon hwang ahn song yoo hong ryu bae moon "
    "yang".split()
)
_KOREAN_SYLLABLES = (
    "min|ji|ho|su|soo|hyun|jun|joon|jin|yeon|young|seo|woo|hye|eun|kyung|sang|dong|tae|sung|hee|hwan|chul|mi|na|ra|jae|"
    "won|hoon|gyu|bin|yoon|sik|ki|do|ha|kwang|myung|seok|seung|chan|byung|jeong|yong|nam|ok|sun|cheol|geun|rim|beom|wook"
)
_KOREAN_GIVEN = re.compile(rf"(?:{_KOREAN_SYLLABLES})-(?:{_KOREAN_SYLLABLES})")
_SURELY_GIVEN = 3.0
_VIETNAMESE = frozenset("nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly".split())
_VIETNAMESE_MIDDLE = frozenset({"thi", "van", "duc", "minh", "quoc", "thanh", "ngoc", "huu"})
_NO_NAMES = frozenset(
    {
        "hong kong",
        "san jose",
        "monte carlo",
        "morgan stanley",
        "johnson controls",
        "goldman sachs",
        "ernst young",
        "harley davidson",
    }
    | {
        "rolls royce",
        "mercedes benz",
        "wells fargo",
        "marks spencer",
        "hewlett packard",
        "procter gamble",
        "thomson reuters",
    }
    | {
        "johns hopkins",
        "santa clara",
        "santa cruz",
        "santa monica",
        "santa barbara",
        "san antonio",
        "costa rica",
        "el salvador",
    }
    | {
        "sierra leone",
        "saudi arabia",
        "sri lanka",
        "long beach",
        "palo alto",
        "black forest",
        "cape town",
        "allen bradley",
    }
    | {
        "lincoln electric",
        "stanley black",
        "baker hughes",
        "fisher price",
        "arthur andersen",
        "duns bradstreet",
        "eli lilly",
    }
    | {
        "ralph lauren",
        "calvin klein",
        "hugo boss",
        "tommy hilfiger",
        "jack daniels",
        "johnnie walker",
        "dow jones",
        "james bond",
        "john deere",
        "jim beam",
        "mary kay",
        "elizabeth arden",
        "betty crocker",
        "oscar mayer",
        "louis vuitton",
        "harry potter",
        "sherlock holmes",
        "mickey mouse",
    }
)
_SYLLABLE = (
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uan|uai|ai|ei|ao|ou|an|en|in|un|ia|ie"
    r"|iu|ua|ui|uo|ue|üe|a|o|e|i|u|ü)r?"
)
_GIVEN_PINYIN = re.compile(rf"{_SYLLABLE}(?:[-']?{_SYLLABLE})?")
_ACCEPTED = 3.0
_MOST_WORDS = 4
_PLACE_SCORE = -6.0
_ORDINARY_SCORE = -6.0
_INITIAL_SCORE = 0.5
_UNKNOWN_SCORE = -0.5
_NAMED = 1.0
_CONTEXT_SCORE = 2.5
_SINGLE_LENGTH = 2
_CAPITALS_COST = 1.5
_NONE = -1.0
_SHORT_GIVEN = 3


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    text: str
    given: float
    surname: float

    @property
    def initial(self) -> bool:
        """One letter with its dot."""
        return len(self.text) == 2 and self.text[1] == "."  # noqa: PLR2004


@cache
def _weight(word: str) -> tuple[float, float]:
    """For a given name and for a surname."""
    lists = english_names()
    lower = word.lower().replace("’", "'")
    if lower in _PLACES or lower in _TITLES or lower in _GREETINGS:
        # Park is a Korean surname too, behind what is surely a given name
        return _PLACE_SCORE, _NONE if lower == "park" else _PLACE_SCORE
    plain = unicodedata.normalize("NFD", lower).encode("ascii", "ignore").decode()
    known = lists.weights.get(lower) or lists.weights.get(plain) or lists.weights.get(lower.replace("'", ""))
    if known is not None:
        return (min(known[0], _TOWN_GIVEN), min(known[1], _TOWN_SURNAME)) if lower in _TOWNS else known
    if _KOREAN_GIVEN.fullmatch(lower):
        return _SURELY_GIVEN, _UNKNOWN_SCORE
    if "-" in lower:
        parts = [_weight(part) for part in lower.split("-") if part]
        return max(part[0] for part in parts), max(part[1] for part in parts)
    unknown = _ORDINARY_SCORE if lower in lists.ordinary else _UNKNOWN_SCORE
    return unknown, unknown


def find_names(text: str, heads: frozenset[int] | None = None) -> list[tuple[int, int, float]]:
    """Start, end and score of the names in a text, in order, without overlaps. `heads`: cells of columns of names."""
    found: list[tuple[int, int, float]] = []
    for match in _RUN.finditer(text):
        found += _in_run(text, match.start(), match.group(), heads or frozenset())
    for match in _REVERSED.finditer(text):
        last, _, first = match["name"].partition(", ")
        known = _weight(last)[1] > _NAMED and _weight(first.split(" ")[0])[0] > _NAMED
        if known and _begins_line(text, match.start()):
            found.append((match.start(), match.end(), _ACCEPTED))
    return sorted(_again(text, _apart(found)))


def _begins_line(text: str, place: int) -> bool:
    """Whether a place begins a line, a cell or what stands behind a label."""
    before = text[max(0, place - 3) : place].rstrip(" ")
    return not before or before[-1] in "\n|:"


def _apart(found: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Without overlaps, the longest first."""
    taken = bytearray(max((end for _, end, _ in found), default=0))
    chosen = []
    for one in sorted(found, key=lambda one: (one[0] - one[1], one[0])):
        start, end, _ = one
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            chosen.append(one)
    return chosen


def _tokens(run: str, offset: int) -> list[_Token]:
    tokens: list[_Token] = []
    for piece in _PIECE.finditer(run):
        word = piece.group()
        if word.islower() or (tokens and word.lower() in _CAPITAL_PARTICLES):
            given, surname = 0.0, 0.0
        elif len(word) == 2 and word[1] == ".":  # noqa: PLR2004 - an initial with its dot
            given = surname = _INITIAL_SCORE
        else:
            given, surname = _weight(word)
        tokens.append(_Token(offset + piece.start(), offset + piece.end(), word, given, surname))
    return tokens


def _in_run(text: str, offset: int, run: str, heads: frozenset[int]) -> Iterator[tuple[int, int, float]]:
    """The names in one run of capitalized words; the best stretch first, then what is left on both sides."""
    tokens = _tokens(run, offset)
    place = 0
    while place < len(tokens):
        if _stands_before(tokens[place : place + _MOST_WORDS]):
            place += 1
            continue
        best: tuple[float, int] | None = None
        for end in range(place + 1, min(len(tokens), place + _MOST_WORDS + 1) + 1):
            value = _value(text, tokens[place:end], heads)
            if value >= _ACCEPTED and (best is None or value > best[0]):
                best = value, end
        if best is None:
            place += 1
            continue
        chosen = tokens[place : best[1]]
        yield chosen[0].start, chosen[-1].end, best[0]
        place = best[1]


def _stands_before(tokens: list[_Token]) -> bool:
    """Whether the first is no name but what somebody is, with a whole name behind it: Dispatcher Vera Hargreaves."""
    if len(tokens) <= _SINGLE_LENGTH or tokens[1].given < _NAMED:
        return False
    first, second = tokens[0], tokens[1]
    unknown = max(first.given, first.surname) <= 0
    capitals = first.text.isupper() and len(first.text) > 1 and not second.text.isupper()
    return unknown and (capitals or _ROLE_LIKE.search(first.text) is not None)


_ROLE_LIKE = re.compile(r"(?:er|or|ist|ian|ant|ee|man|woman|person|mistress|clerk|chief|wright|smith)$")


def _value(text: str, tokens: list[_Token], heads: frozenset[int]) -> float:
    """How much speaks for a stretch of words being one name."""
    first, last = tokens[0], tokens[-1]
    before, after = text[max(0, first.start - 40) : first.start], text[last.end : last.end + 40]
    column = first.start in heads
    if first.text.islower() or last.text.lower() in _CAPITAL_PARTICLES or last.text.islower():
        return _NONE
    if len(tokens) == 1:
        return _single(text, first, before, column=column)
    pinyin = _pinyin(tokens)
    named_before = _before(before)
    if last.text == "Park" and _SAINT.search(before):
        return _NONE
    if not _possible(tokens, pinyin, named=named_before, column=column):
        return _NONE
    # Behind a particle any word may be a surname: De Luca
    surname = max(last.surname, 0.0) if tokens[-2].text.lower() in _CAPITAL_PARTICLES else last.surname
    value = max(first.given + surname + sum(_inner(token) for token in tokens[1:-1]), pinyin)
    # A surname first, as in official forms: ZHANG Wei, Kovács Anna
    if first.text.isupper() and len(first.text) > 1:
        value = max(value, first.surname + last.given)
    if any(token.text.isupper() and len(token.text) > 1 for token in tokens) and pinyin < _NAMED:
        value -= _CAPITALS_COST
    value += _CONTEXT_SCORE * (named_before or column) + (_CONTEXT_SCORE - 1) * bool(_AFTER.match(after))
    return value - 2 * _CONTEXT_SCORE * bool(_NOT_AFTER.match(after))


def _possible(tokens: list[_Token], pinyin: float, *, named: bool, column: bool) -> bool:
    """Whether a stretch has a word known as a name (or is announced as one), and none that is only ordinary."""
    if all(token.text.isupper() for token in tokens) and len(tokens) > _SINGLE_LENGTH:
        return False
    if " ".join(token.text for token in tokens).lower() in _NO_NAMES:
        return False
    evidence = max(tokens[0].given, tokens[-1].surname, pinyin)
    if evidence < _NAMED and not (named and evidence > _UNKNOWN_SCORE - 0.1):
        return False
    worst = min(max(token.given, token.surname) for token in tokens)
    return worst > _ORDINARY_SCORE or column or pinyin >= _NAMED


def _inner(token: _Token) -> float:
    if token.initial:  # between two words it tells of a name
        return 1.0
    return 0.0 if token.text.islower() else max(token.given, token.surname, -3.0) / 2


@lru_cache(maxsize=4096)
def _before(before: str) -> bool:
    if not before:
        return False
    last = _LAST_WORD.search(before)
    announced = last is not None and last[1].lower().rstrip("s") in _LAST_WORDS and _BEFORE.search(before) is not None
    return announced or _title_before(before)


def _title_before(before: str) -> bool:
    words = re.findall(r"[A-Za-z]+", before[-14:])
    return bool(words) and words[-1].lower() in _TITLES | _GREETINGS and before[-1] in " .," and "\n" not in before[-3:]


_SAINT = re.compile(r"\b(?:St|Saint|Mount|Mt)\.? $")


def _single(text: str, token: _Token, before: str, *, column: bool) -> float:
    """One word alone: behind a title or a greeting, or in a column of names."""
    if len(token.text) < _SINGLE_LENGTH + 1 or token.text.isupper():
        return -1.0
    words = re.findall(r"[A-Za-z]+", before[-14:])
    previous = words[-1].lower() if words and before[-1:] in {" ", "."} else ""
    best = max(token.given, token.surname)
    if previous in _TITLES - {"sir", "madam"}:
        return _ACCEPTED if best > _ORDINARY_SCORE else -1.0
    if previous in _GREETINGS and re.match(r"\s*[,!\n]|$", text[token.end : token.end + 3]):
        return _ACCEPTED if best > _NAMED else -1.0
    return _ACCEPTED if column and token.given > _SINGLE_LENGTH else -1.0


def _pinyin(tokens: list[_Token]) -> float:
    """For Chinese names in Latin letters, in both orders."""
    words = [token.text.lower().replace("’", "'").replace("ü", "u") for token in tokens if len(token.text) > 1]
    if len(words) not in {2, 3} or len(words) != len(tokens):
        return -9.0
    score = -9.0
    if {words[0], words[-1]} & _KOREAN and any(re.fullmatch(r"[a-z]{2,5}-[a-z]{2,5}", word) for word in words):
        return 4.0
    if words[0] in _VIETNAMESE and words[1] in _VIETNAMESE_MIDDLE:
        return 4.0 * len(words)  # the whole name is surer than its beginning
    for surname, given in ((words[0], words[1:]), (words[-1], words[:-1])):
        if surname in _PINYIN_SURNAMES and all(_GIVEN_PINYIN.fullmatch(word) for word in given):
            length = sum(map(len, given))
            ordinary = any(_weight(word)[0] <= _ORDINARY_SCORE and word in english_names().ordinary for word in given)
            score = max(score, 0.0 if ordinary else 4.0 if length > _SHORT_GIVEN else 3.0)
    return score


def _again(text: str, found: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Other places of the same full names; all are looked for in one pass."""
    if not found:
        return []
    from ahocorasick_rs import AhoCorasick

    taken = bytearray(len(text))
    for start, end, _ in found:
        taken[start:end] = b"\1" * (end - start)
    names = sorted({text[start:end] for start, end, _ in found})
    more: list[tuple[int, int, float]] = []
    behind: dict[int, int] = {}
    for name, start, end in AhoCorasick(names).find_matches_as_indexes(text, overlapping=True):
        if start < behind.get(name, 0) or _LATIN.match(text, end) or (start and _LATIN.match(text, start - 1)):
            continue
        behind[name] = end
        if taken.find(1, start, end) < 0:
            more.append((start, end, _ACCEPTED))
    return _apart([*found, *more])


_LATIN = re.compile("[A-Za-z]")
