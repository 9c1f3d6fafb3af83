"""What kind of thing a question asks for, and how that kind of thing looks in a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kind of answer wanted."""

    MONEY = "money"
    COUNT = "count"  # so many of something, with its unit
    SHARE = "share"
    DATE = "date"
    PERSON = "person"
    ORGANISATION = "organisation"
    PHONE = "phone"
    METHOD = "method"
    LIST = "list"
    YES_NO = "yes_no"
    ANY = "any"


FIGURES = frozenset({Kind.MONEY, Kind.COUNT, Kind.SHARE, Kind.DATE, Kind.PERSON, Kind.PHONE})
"""Kinds where an answer about something else is worse than none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One thing asked for; `pattern` finds it in a text, None where its look says nothing."""

    kind: Kind
    pattern: re.Pattern[str] | None = None
    unit: str = ""  # as the question says it: "户"
    things: re.Pattern[str] | None = None  # how "so many of these" looks, where the unit alone does not say of what
    rate: re.Pattern[str] | None = None  # how "for each of these" looks, where a rate is asked for and no total


_NUMBER = r"(?:\d[\d,]*(?:\.\d+)?|[〇零一二两三四五六七八九十百千]+(?:点[〇零一二三四五六七八九]+)?|半)"
_MAGNITUDE = r"(?:\s*[—一~～\-至到]\s*\d[\d.]*)?\s*(?:多|余|来)?\s*(?:十|百|千|万|亿|余|多)*"
MONEY = re.compile(
    rf"{_NUMBER}{_MAGNITUDE}(?:元|块|美元)|{_NUMBER}(?:万|亿)(?![亩人户名个条吨头只])|"
    r"元[^:：｜]{0,6}[:：]\s*\d|｜[^:：｜]{1,20}[:：]\s*\d[\d.,]*(?=｜|$)|"  # table cells; the unit may stand in the title
    r"全额|免费|(?:免缴|免收|免征)(?!\s*\d)"  # "免收3立方米水费" is no amount of money
)
SHARE = re.compile(rf"(?:{_NUMBER}\s*(?:%|％|‰|个百分点)|百分之|{_NUMBER}成|[一二三四五六七八九十]分之|减半|折)")
DEADLINE = re.compile(
    r"(?:\d{1,2}月\d{1,2}[日号]|\d{1,2}月[底末]|年[底末])[^,，。;；]{0,4}(?:前|止|截止|为止)|(?:至|到)(?:次年|当年|\d{4}年)?\d{1,2}月(?:\d{1,2}[日号]|[底末])|截止[^,，。;；]{0,8}\d|"
    r"\d+\s*(?:天|日|个?工作日|个月|年|小时)(?:以?内|之内)|有效期[^,，。;；]{0,12}\d|(?:时间|日期|期限|截止)[:：]\s*\S"
)
AGE = r"周?岁"
LIMIT = re.compile(r"不超过|不得超过|最高|最多|上限|封顶|限额|以[内下]|顶格")
DATE = re.compile(
    r"\d{4}\s*[年\-/.]|\d{1,2}月\d{1,2}日|\d{1,2}月[份底初]|[〇零一二三四五六七八九]{4}年|\d{1,2}[:：]\d{2}|\d+\s*(?:天|日|个月|年|小时|个工作日|分钟)|"
    r"[一二两三四五六七八九十]+(?:天|日|个月|年|小时|个工作日)|(?:时间|日期|期限)[:：]\s*\S|月底|年底|即日起|当[天日]|次[日月年]|(?:星期|周)[一二三四五六日天末]"
)
FREQUENCY = re.compile(
    r"[每逐](?:\d+|[两二三四五六七十]|半)?个?(?:[天日周旬月年]|季度?|学期|学年|小时|星期|工作日)|(?:一年|全年)[^,，。;；]{0,4}次"
)
# The hundred family names, without those that are everyday words after a title ("负责人应").
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪"
    "陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔向汤章葛奚鲁昌苗凤花俞柳酆鲍费岑倪滕殷毕安"
    "皮卞齐康伍元卜穆湛祁禹狄米贝臧伏谈茅庞纪舒屈项祝阮蓝闵席季麻强路娄危童颜梅盛刁骆樊凌霍虞支柯管房裘缪干宗宣贲郁杭洪包诸吉"
    "钮嵇邢滑裴荣翁荀羊甄曲家封芮"
)
_ROLE = (
    "书记|镇长|乡长|县长|市长|区长|局长|主任|组长|校长|主席|院长|站长|所长|部长|厅长|司长|会长|经理|村长|组员|成员|医生|老师|同志|"
    "负责人|联系人|审核人|联系人员|专干"
)
PERSON = re.compile(
    rf"(?:{_ROLE})[:：是为由、，,]?\s*[{_SURNAMES}][一-鿿]{{1,2}}|[{_SURNAMES}][一-鿿]{{1,2}}(?:同志)?(?:担?任|为)[一-鿿]{{0,8}}?(?:{_ROLE})"
)
ORGANISATION = re.compile(
    r"(?:局|委|办|部|厅|院|校|公司|中心|站|所|会|银行|学院|大学|政府|单位|协会|合作社|工作组|工作队|小组|队|科|处)"
)
_COMPANY = re.compile(r"公司|集团|企业|合作社")
_ORGANISATIONS = {
    "公司": _COMPANY,
    "企业": _COMPANY,
    "学校": re.compile(r"[中小学分]校|学校|学院|大学|中学|小学|幼儿园|一中|二中"),
    "银行": re.compile(r"银行|信用社|农商行|农信"),
}  # those that the sentence must name; any other body may be called in many ways
_OFFICE = "主要负责(?:同志|人)|主要领导|分管领导|分管负责(?:同志|人)|党政(?:正职|主要负责人|主要领导)|一把手|法定代表人|第一书记"
PHONE = re.compile(r"\d{3,4}[-—－]?\d{7,8}|1\d{10}|\d{5,8}|\d{3}-\d{3,4}-\d{3,4}")
_ANY_NUMBER = re.compile(  # no date, and no share
    r"(?<![\d.])\d[\d,]*(?:\.\d+)?(?![\d.]|\s*(?:[%％‰年月日号:：]|个百分点))|"
    r"[〇零一二两三四五六七八九十百千万]+(?:[户人亩元个名家条座头只次项]|倍)"
)
_NUMBER_OR_SHARE = re.compile(rf"{_ANY_NUMBER.pattern}|{SHARE.pattern}")
_CHANGES = re.compile(r"增长|增加|提高|上升|下降|减少|降低|增幅|降幅|涨|跌|率")

# Units that may be said in several ways; a unit not listed stands for itself.
_UNITS = {
    "人": "人|名|位|口|人次|学生|教师|干部|党员",
    "名": "人|名|位|口",
    "位": "人|名|位",
    "学生": "人|名|学生",
    "干部": "人|名|干部",
    "户": "户|家",
    "家": "家|户|个",
    "钱": "元",
    "块": "元",
    "元": "元",
    "平米": "平方米|平米|㎡|平方",
    "次": "次|场|轮|期|余次",
    "个": "个|项|条|处|座|家|名|人|户|村|类|种|件|只|台|所|套",
    "项": "项|个|条",
    "条": "条|个|项|公里|千米|米",
    "天": "天|日|个工作日|小时|个月",
    "年": "年|周年|个月",
    "亩": "亩|公顷",
    "件": "件|个|项|套|只|批",
    "台": "台|套|辆|个",
    "座": "座|个|处|栋",
    "栋": "栋|座|幢",
    "种": "种|个|类|项",
    "类": "类|种|个|项",
    "吨": "吨|公斤|斤|万吨",
    "村": "村|个(?:[^,，。;；]{0,6}村|(?=[,，。;；、（(]))",
}  # fmt: skip

_ANY_UNIT = ("个", "项", "条", "件", "处")
_TOTAL = r"(?:一共|总共|共计|合计|共|总数|数量)*"

_ASKS_MONEY = re.compile(
    r"多少钱|几(?:块|元|毛)|多少(?:万|亿)?元|几(?:百|千|万)?(?:块|元)|多少资金|(?:补贴|补助|补偿|奖励|资助|津贴|分红|救助|保费|费用|收费|工资|收入|资金|金额|投资|贷款|额度|"
    r"待遇|经费|租金|造价|成本|年薪|月薪|薪酬|标准|罚款|投入|奖金|补)[^,,。?？]{0,10}?(?:是|有|达|为|给|发|能|可以|可)?[^,,。?？]{0,3}?(?:多少|几)|"
    r"(?:多少|几)[^,,。?？]{0,4}(?:资金|补助|补贴|投资|贷款|收入|工资|经费|[一-鿿]金|[一-鿿]款|费用)|(?:补助|补贴|资助|工资|收费|奖励|分红|救助|低保|保障)(?:标准|金额|额度)(?:是|为|有)?(?:什么|怎|多|[?？]|$)|"
    r"(?:补助|补贴)(?:是|有)?(?:怎么|如何)?(?:算|发|计算)|补多少|补几|给多少|发多少|挣多少|赚多少|花了?多少|值多少|(?:贷|借|罚|赔|领|退)(?:到|得|了)?多少(?=[?]?$)"
)
_ASKS_RATE = re.compile(r"(?:每|一)个?(立方米|平方米|公里|公斤|学期|学年|[亩头只匹箱羽户人月年次座株棵斤吨天床口])")
_ASKS_COUNT = re.compile(
    r"(?:多少|几|若干)\s*(?:万|亿|余|多|公|个)?\s*(?!村民(?:小组|委|代))(平方米|平米|公里|公斤|人次|学生|干部|党员|农户|群众|企业|村民|贫困户|脱贫户|监测户|"
    r"[人名户个家条座台亩栋头只匹项次所处辆吨件套株棵批场期天年月日小时种类位口斤米页元块分级倍笔村间张封篇届轮副支])"
)
_ASKS_COUNT_OF = re.compile(r"(?:多少|几)(?:个|名)?[一-鿿]{2,9}?([户人家村])(?![一-鿿])")  # "多少建档立卡贫困户"
_ASKS_AREA = re.compile(r"面积.{0,4}(?:多大|多少|是)|多大面积|占地.{0,3}(?:多大|多少)|多少面积")
_ASKS_SHARE = re.compile(
    r"百分(?:比|之)|占比|比例|进度[^,，。?？]{0,4}(?:多少|几|多高)|(?:率|比重)(?:是|为|达|到|有|约|要|应|须|不?[低高]于|超过|不足|不?少于)*(?:多少|几|多高|[?？]|$)|几个?百分点|几成|打几折|幅度"
)
_ASKS_DATE = re.compile(
    r"什么时[候间]|何时|哪[一]?[天年月日]|几[月号]|几点|多[久长](?:时间)?|什么日期|(?:日期|时间|期限|时限|截止|有效期)[^,,。?？]{0,6}"
    r"(?:是|到|为|在)?[^,,。?？]{0,3}(?:哪|什么|几|多|何|[?？]|$)|到期|多少天|几天"
)
_ASKS_FREQUENCY = re.compile(r"(?:多久|多长时间|几个?[天周月年季])[^,，。?？]{0,10}(?:[一1]次(?!性)|一回)|频次|频率")
_ASKS_DEADLINE = re.compile(r"截止|最晚|最迟|期满")
_ASKS_LIMIT = re.compile(r"最多|最高|上限|封顶|顶格|不超过")
_ASKS_AGE = re.compile(r"多大(?:年龄|岁)|几岁|多少岁|年龄(?:是|要|在|为|有)?(?:什么|多|几|限制|要求|[?？]|$)")
_ASKS_PERSON = re.compile(
    r"是谁|由谁|谁[^知]|哪位|(?:书记|支书|主任|[镇乡县村组站队所局校]长|负责人|责任人|联系人|专干)是?哪个|(?:干部|人员|[队组社会成专医]员|老师|医生|户主|同志)(?:各|分别|都)?叫什么|姓名|叫什么名|负责人是|书记是|联系人"
)
_BY_WHOM = re.compile(r"谁(?:来|去|给)?(?!是|的)([一-鿿]{2})")
_ASKS_HOLDER = re.compile(
    r"(?:书记|支书|主任|[镇乡县村组站队所局校]长|负责人|联系人|专干)(?:现在)?(?:是|叫)?(?:谁|哪[个位]|什么名)|(?:干部|人员|[队组社会成专医]员|老师|医生|户主|同志)(?:各|分别|都)?叫什么"
)
_ASKS_ORGANISATION = re.compile(
    r"(?:哪个|哪些|哪家|什么)(单位|部门|机构|公司|企业|学校|银行|局|委|组织|政府)|谁来?(?:负责|牵头|帮扶|管)"
)
_ASKS_PHONE = re.compile(r"电话|热线|号码|联系方式")
_ASKS_METHOD = re.compile(
    r"如何|怎[么样]|怎样|流程|程序|步骤|方式|办法|措施|做法|途径|渠道|机制|做了什么|要求|规定|政策|安排|原因|为什么|意见|内容|条件|资格|情况|服务|工作"
)
_ASKS_LIST = re.compile(
    r"哪些|哪几|有什么|什么(?:样的?)?(?:措施|条件|要求|材料|政策|内容|服务|工作|问题|人|情况|规定|支持|优惠)|包括|分别"
)
_IS = r"(?:总|大概|大约|约|一共|共)*(?:是|有|为|达到?)?(?:多少|几|多大|多高)?[?？]?$"  # what may follow the thing asked for
_ASKS_PEOPLE_BY_NAME = re.compile(rf"(?:人数|人口){_IS}")
_ASKS_HOUSEHOLDS_BY_NAME = re.compile(rf"户数{_IS}")
# By the last character of what is asked for: 金额, 单价, 保费, 贷款, 奖金; 产量, 次数.
_ASKS_MONEY_BY_NAME = re.compile(
    rf"(?:[一-鿿][额价费款金薪]|价格|工资|[收投][入资]|支出|[营税]收|产值|利润|补[助贴]标准){_IS}"
)
_ASKS_NUMBER_BY_NAME = re.compile(rf"(?:[一-鿿](?<![质力能])量|[一-鿿]数|里程|[长宽高深]度|人次|名额|年龄){_IS}")
_ASKS_YES_NO = re.compile(
    r"是否|能不能|可不可以|有没有|能否|可否|会不会|要不要|需不需要|算不算|(?:[吗嘛]|(?<!什)么|(?:没有?|不|冇))[?？]?$"
)


def wants(question: str) -> tuple[Want, ...]:
    """What the question asks for, most telling first; a single ANY when its wording does not say."""
    found: list[Want] = []
    counts = [m.group(1) for m in _ASKS_COUNT.finditer(question)] + _ASKS_COUNT_OF.findall(question)
    if _ASKS_PHONE.search(question):
        found.append(Want(kind=Kind.PHONE, pattern=PHONE))
    if _ASKS_SHARE.search(question):
        found.append(Want(kind=Kind.SHARE, pattern=SHARE))
    if _ASKS_AREA.search(question):
        found.append(Want(kind=Kind.COUNT, pattern=_counted("亩|公顷|平方|平米|㎡|平方公里"), unit="面积"))
    if _ASKS_PEOPLE_BY_NAME.search(question):
        counts.append("人")
    if _ASKS_HOUSEHOLDS_BY_NAME.search(question):
        counts.append("户")
    if _ASKS_MONEY.search(question) or _ASKS_MONEY_BY_NAME.search(question) or any(c in "元块" for c in counts):
        found.append(Want(kind=Kind.MONEY, pattern=MONEY, rate=_rate(question)))
    for unit in dict.fromkeys(counts):
        if unit not in ("元", "块", "分", "级"):
            counted = _counted(_UNITS.get(unit, re.escape(unit)))
            found.append(Want(kind=Kind.COUNT, pattern=counted, unit=unit, things=_things(question, unit)))
    if _ASKS_FREQUENCY.search(question):
        found.append(Want(kind=Kind.DATE, pattern=FREQUENCY))
    elif _ASKS_DATE.search(question):
        found.append(Want(kind=Kind.DATE, pattern=DEADLINE if _ASKS_DEADLINE.search(question) else DATE))
    if _ASKS_AGE.search(question):
        found.append(Want(kind=Kind.COUNT, pattern=_counted(AGE), unit="岁"))
    if found:
        return tuple(_money_last_if_counted(found, question))
    return (_worded(question),)


def asks_who_holds(question: str) -> bool:
    """Whether the person who holds an office is asked for: "镇长是谁"."""
    return _ASKS_HOLDER.search(question) is not None


def _worded(question: str) -> Want:
    """The one thing asked for when it is no figure."""
    if asked := _ASKS_ORGANISATION.search(question):
        return Want(kind=Kind.ORGANISATION, pattern=_ORGANISATIONS.get(asked[1] or "", ORGANISATION))
    if _ASKS_PERSON.search(question):
        return Want(kind=Kind.PERSON, pattern=_person(question))
    if re.search(r"多少|几个|多大|多高|多重|多快", question) or _ASKS_NUMBER_BY_NAME.search(question):
        return Want(kind=Kind.COUNT, pattern=_NUMBER_OR_SHARE if _CHANGES.search(question) else _ANY_NUMBER)
    if _ASKS_YES_NO.search(question):
        return Want(kind=Kind.YES_NO)
    if _ASKS_LIST.search(question):
        return Want(kind=Kind.LIST)
    if _ASKS_METHOD.search(question):
        return Want(kind=Kind.METHOD)
    return Want(kind=Kind.ANY)


def _person(question: str) -> re.Pattern[str]:
    """How a person looks: by name, by office, or as the one "by whom" what is asked about is done."""
    if asks_who_holds(question):
        return PERSON
    done = _BY_WHOM.search(question)
    by_whom = rf"|由[^,，。;；、]{{1,16}}{done[1]}" if done else ""
    return re.compile(rf"{PERSON.pattern}|{_OFFICE}{by_whom}")


def _money_last_if_counted(found: list[Want], question: str) -> list[Want]:
    """ "补助资金惠及多少户" speaks of money but asks for households: drop MONEY unless money itself is asked for."""
    counted = [w for w in found if w.kind is Kind.COUNT]
    money = [w for w in found if w.kind is Kind.MONEY]
    asked = len(re.findall(r"多少|几", question))
    if counted and money and asked <= len(counted):
        return [w for w in found if w.kind is not Kind.MONEY]
    return found


def _rate(question: str) -> re.Pattern[str] | None:
    if _ASKS_LIMIT.search(question):
        return LIMIT
    units = list(dict.fromkeys(_ASKS_RATE.findall(question)))
    units += ["只", "羽"] if {"只", "羽"} & set(units) else []  # a hen is counted by either
    said = "|".join(units)
    return re.compile(rf"(?:每|一|/|／|按)个?(?:{said})|标准|单位[:：]\s*(?:{said})") if units else None


def _things(question: str, unit: str) -> re.Pattern[str] | None:
    """How a number of what is counted looks: "问题14个", "14个问题"; None where the unit says it or nothing is named."""
    if unit not in _ANY_UNIT:
        return None
    import rjieba

    said = re.search(rf"([一-鿿]+?){_TOTAL}(?:有|是|为|达到?)?(?:多少|几){unit}(?![一-鿿])", question)
    after = re.search(rf"(?:多少|几){unit}([一-鿿]{{2,}})", question)
    found = [rjieba.cut(said[1], hmm=False)[-1]] if said else rjieba.cut(after[1] if after else "", hmm=False)[:1]
    name = found[0] if found else ""
    if len(name) < 2:
        return None
    number = rf"{_NUMBER}\s*(?:余|多)?(?:{'|'.join(_ANY_UNIT)})"
    return re.compile(
        rf"{number}[^,，。;；\d]{{0,6}}{name}|{name}[^,，。;；\d]{{0,6}}{number}|{name}[^:：｜]{{0,6}}[:：]\s*\d"
    )


def _counted(units: str) -> re.Pattern[str]:
    return re.compile(
        rf"{_NUMBER}{_MAGNITUDE}\s*(?:{units})|(?:数量|{units})[^:：｜]{{0,4}}[:：]\s*\d|｜[^:：｜]{{1,20}}[:：]\s*\d[\d.,]*(?=｜|$)"
    )
