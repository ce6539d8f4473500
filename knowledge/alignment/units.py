"""Units of measure and currencies, as they are written in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `factor` of its dimension's base. Units of one dimension convert into one another."""

    code: str
    dimension: str
    factor: Decimal
    english: tuple[str, ...]  # as written after a number; the first two are singular and plural
    chinese: tuple[str, ...]


def _unit(code: str, dimension: str, factor: str, english: str, chinese: str) -> Unit:
    return Unit(code, dimension, Decimal(factor), tuple(english.split("|")), tuple(chinese.split("|")))


UNITS: tuple[Unit, ...] = (
    _unit("s", "time", "1", "second|seconds|sec|secs", "秒|秒钟"),
    _unit("min", "time", "60", "minute|minutes|mins|min", "分钟|分"),
    _unit("h", "time", "3600", "hour|hours|hrs|hr|h", "小时|个小时|钟头|个钟头"),
    _unit("d", "time", "86400", "day|days", "天|日|个自然日|自然日"),
    _unit(
        "bd",
        "business days",
        "1",
        "working day|working days|business day|business days|workday|workdays",
        "个工作日|工作日",
    ),
    _unit("week", "time", "604800", "week|weeks|wk|wks", "周|个星期|星期|个礼拜"),
    _unit("mo", "months", "1", "month|months|mos", "个月|月"),
    _unit("quarter", "months", "3", "quarter|quarters", "个季度|季度"),
    _unit("a", "months", "12", "year|years|yr|yrs", "年|周年"),
    _unit("mg", "mass", "0.000001", "mg|mg|milligram|milligrams", "毫克"),
    _unit("g", "mass", "0.001", "g|g|gram|grams|gramme|grammes", "克"),
    _unit("kg", "mass", "1", "kg|kg|kilogram|kilograms|kilogramme|kilogrammes|kilo|kilos|kgs", "公斤|千克"),
    _unit("jin", "mass", "0.5", "jin|jin", "斤"),
    _unit("t", "mass", "1000", "tonne|tonnes|t|ton|tons|metric tons", "吨"),
    _unit("lb", "mass", "0.45359237", "lb|lb|lbs|pound|pounds", "磅"),
    _unit("um", "length", "0.000001", "µm|µm|um|micrometre|micrometres|micron|microns", "微米"),
    _unit("mm", "length", "0.001", "mm|mm|millimetre|millimetres|millimeter|millimeters", "毫米"),
    _unit("cm", "length", "0.01", "cm|cm|centimetre|centimetres|centimeter|centimeters", "厘米|公分"),
    _unit("m", "length", "1", "m|m|metre|metres|meter|meters", "米|公尺"),
    _unit("km", "length", "1000", "km|km|kilometre|kilometres|kilometer|kilometers|kms", "公里|千米"),
    _unit("ft", "length", "0.3048", "ft|ft|foot|feet", "英尺"),
    _unit("in", "length", "0.0254", "inch|inches", "英寸"),
    _unit("mi", "length", "1609.344", "mile|miles", "英里"),
    _unit("m2", "area", "1", "m²|m²|m2|sq m|sqm|square metre|square metres|square meter|square meters", "平方米|㎡"),
    _unit(
        "km2",
        "area",
        "1000000",
        "km²|km²|km2|square kilometre|square kilometres|square kilometer|square kilometers",
        "平方公里|平方千米",
    ),
    _unit("ha", "area", "10000", "hectare|hectares|ha", "公顷"),
    _unit("mi2", "area", "2589988.11", "square mile|square miles", "平方英里"),
    _unit("mL", "volume", "0.001", "ml|ml|millilitre|millilitres|milliliter|milliliters", "毫升"),
    _unit("L", "volume", "1", "litre|litres|liter|liters|l", "升"),
    _unit("m3", "volume", "1000", "m³|m³|m3|cubic metre|cubic metres|cubic meter|cubic meters", "立方米"),
    _unit("K", "kelvin", "1", "K|K|kelvin|kelvins", "开尔文"),
    _unit("degF", "fahrenheit", "1", "°F|°F|degrees Fahrenheit|degree Fahrenheit", "华氏度"),
    _unit("Cel", "temperature", "1", "°C|°C|℃|degrees Celsius|degree Celsius", "℃|°C|摄氏度"),
    _unit("Pa", "pressure", "1", "Pa|Pa|pascal|pascals", "帕"),
    _unit("kPa", "pressure", "1000", "kPa|kPa|kilopascal|kilopascals", "千帕"),
    _unit("MPa", "pressure", "1000000", "MPa|MPa|megapascal|megapascals", "兆帕"),
    _unit("bar", "pressure", "100000", "bar|bar|bars", "巴"),
    _unit("W", "power", "1", "W|W|watt|watts", "瓦"),
    _unit("kW", "power", "1000", "kW|kW|kilowatt|kilowatts", "千瓦"),
    _unit("MW", "power", "1000000", "MW|MW|megawatt|megawatts", "兆瓦"),
    _unit("kWh", "energy", "1", "kWh|kWh|kilowatt hours|kilowatt-hours", "千瓦时|度电"),
    _unit("V", "voltage", "1", "V|V|volt|volts", "伏|伏特"),
    _unit("Hz", "frequency", "1", "Hz|Hz|hertz", "赫兹"),
    _unit("kHz", "frequency", "1000", "kHz|kHz|kilohertz", "千赫"),
    _unit("MHz", "frequency", "1000000", "MHz|MHz|megahertz", "兆赫"),
    _unit("dB", "level", "1", "dB|dB|decibel|decibels", "分贝"),
    _unit("KB", "data", "0.001", "KB|KB|kilobyte|kilobytes", "千字节"),
    _unit("MB", "data", "1", "MB|MB|megabyte|megabytes", "兆|兆字节"),
    _unit("GB", "data", "1000", "GB|GB|gigabyte|gigabytes", "吉字节"),
    _unit("TB", "data", "1000000", "TB|TB|terabyte|terabytes", "太字节"),
    _unit("%", "share", "1", "%|%|per cent|percent|percentage points", "%|个百分点"),
    _unit("CNY", "CNY", "1", "yuan|yuan|RMB|CNY|renminbi", "元|人民币|元人民币|块钱|块"),
    _unit("USD", "USD", "1", "US dollar|US dollars|USD|dollar|dollars|U.S. dollars", "美元|美金"),
    _unit("EUR", "EUR", "1", "euro|euros|EUR", "欧元"),
    _unit("GBP", "GBP", "1", "pound sterling|pounds sterling|GBP", "英镑"),
    _unit("JPY", "JPY", "1", "yen|yen|JPY", "日元"),
    _unit("HKD", "HKD", "1", "Hong Kong dollar|Hong Kong dollars|HKD", "港元|港币"),
    _unit("SGD", "SGD", "1", "Singapore dollar|Singapore dollars|SGD", "新加坡元|新元|坡币"),
    _unit("CHF", "CHF", "1", "Swiss franc|Swiss francs|CHF", "瑞士法郎"),
    _unit(
        "person",
        "person",
        "1",
        "person|people|persons|employees|employee|staff|staff members|members|colleagues|heads",
        "人|名员工|位员工|名|员工|位同事|位",
    ),
    _unit("piece", "piece", "1", "unit|units|piece|pieces|pcs|devices|device|sets", "台|件|套|个|只|支|部"),
    _unit("night", "night", "1", "night|nights", "晚|夜"),
    _unit("times", "times", "1", "time|times", "次|倍"),
)
BY_CODE = {unit.code: unit for unit in UNITS} | {
    "y": next(u for u in UNITS if u.code == "a"),
    "year": next(u for u in UNITS if u.code == "a"),
}
CURRENCIES = frozenset({"CNY", "USD", "EUR", "GBP", "JPY", "HKD", "SGD", "CHF"})
SYMBOLS = {
    "¥": "CNY", "￥": "CNY", "RMB": "CNY", "CNY": "CNY", "人民币": "CNY", "CN¥": "CNY",
    "US$": "USD", "USD": "USD", "$": "USD", "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP", "JPY": "JPY",
    "HK$": "HKD", "HKD": "HKD", "S$": "SGD", "SGD": "SGD", "CHF": "CHF",
}  # fmt: skip
BY_ENGLISH = {name.lower(): unit for unit in reversed(UNITS) for name in unit.english}
EXACT_ENGLISH = {name: unit for unit in reversed(UNITS) for name in unit.english}
BY_CHINESE = {name: unit for unit in reversed(UNITS) for name in unit.chinese}


def unit_of(name: str) -> Unit | None:
    """The unit that a code of the graph (`plb:unit`) or a word of either language names."""
    return BY_CODE.get(name) or EXACT_ENGLISH.get(name) or BY_ENGLISH.get(name.lower()) or BY_CHINESE.get(name)
