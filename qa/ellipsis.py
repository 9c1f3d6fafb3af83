"""The parts a question is made of, by their place in it: time, measure, what is asked, and the things it speaks of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.question import Question

_CLASSIFIERS = "人户亩头只匹条口羽箱群窝株棵座个名家村次栋间套台辆件吨斤份"
_SUBS = r"上半年|下半年|全年|年[底末初]|第?[一二三四1-4]季度|[春秋]季学期|\d{1,2}月(?:份|[底末初]|\d{1,2}[日号])?"
_YEARS = (
    r"(?<!\d)(?:19|20)\d{2}(?:年度?|(?=[^\d年])|$)|去年|今年|前年|明年|本年度?|上一?年度?|前一年|后一年|第二年|次年|"
    r"现在|目前|当前|如今|现行"
)
TIME = re.compile(rf"(?P<year>{_YEARS})(?P<sub>[底末初](?![㐀-鿿]期)|的?(?:{_SUBS}))?|(?P<only>{_SUBS})")
MEASURE = re.compile(rf"[每一两]个?(?:[{_CLASSIFIERS}]|学期|[年月天周])|每生")
_UNIT = (
    r"人次|平方米|平米|公里|公斤|学期|小时|分钟|工作日|[钱元块毛户人个名条座台亩栋头只匹项次所处辆吨件套株棵批场期天年月日时种类位口斤米级倍"
    r"笔村间张封篇届轮副支箱羽度升]"
)
ASKED = re.compile(
    rf"(?:[、和与及,]\s*)?(?:一共|总共|共计|大概|大约|各|分别|最多|最少|至少|约)*(?:多少|几(?!乎)|若干)(?:万|亿|余|多|公|百|千)*(?:{_UNIT})?(?:几[日号])?|"
    r"什么时[候间]|何时|哪一?[天年月日]|哪[些个家位种里儿]|怎么样?|怎样|如何|为什么|为何|是谁|由谁|谁|什么样的?|什么|"
    r"多[大久长高重远快](?:时间)?|是否|能不能|能否|可否|可不可以|有没有|是不是|要不要|会不会|(?:吗|嘛|呢|吧|(?<!什)么)(?=[?]?$)|没有?(?=[?]?$)|不(?=[?]?$)"
)
BENEFITS = frozenset("补助 补贴 奖补 补 补偿 资助 津贴 奖励 救助".split())
# What any thing of an office has, and what is done with any of them: by themselves they do not say which thing is meant.
ATTRIBUTES = BENEFITS | frozenset(
    "时间 日期 期限 时限 年限 期间 条件 资格 材料 资料 手续 证件 表格 证明 流程 程序 步骤 环节 方式 方法 办法 途径 渠道 标准 金额 额度 数额 总额 数量 "
    "总数 人数 户数 次数 面积 比例 占比 比重 增幅 降幅 幅度 单价 价格 费用 利率 利息 电话 热线 号码 联系方式 联系电话 联系人 咨询电话 地址 地点 网址 "
    "单位 部门 机构 机关 窗口 负责人 经办人 依据 文件 文号 政策 规定 要求 措施 范围 对象 名单 人员 人群 原因 理由 结果 情况 进度 进展 效果 来源 "
    "用途 名额 上限 下限 限额 年龄 资金 款 钱 待遇 内容 名称 目标 任务 上 下 最高 最低 最多 最少 具体 有效期 有效 截止时间 截止日期 申请材料 申请流程 "
    "申请 申报 申领 办理 办 领取 领 领到 拿 拿到 发 发放 下发 报 报名 填报 交 缴 缴纳 上交 提交 提供 准备 截止 截至 开始 结束 到期 执行 施行 实行 "
    "实施 生效 废止 失效 公布 发布 印发 出台 负责 主管 牵头 管 审批 审核 审定 公示 兑付 兑现 支付 打款 到账 咨询 联系 找 问 去 计算 核算 完成 享受 "
    "需要 需 包括 停止 取消 变化 变动 调整 提高 提升 增长 增加 下降 减少 涉及 惠及 覆盖 受益 安排 投入 共 合计 累计 平均 人均 户均 剩 剩下 剩余 "
    "还 可以 能够 允许 带 带上 核验 验收 核查 检查 评审 写 填 查 查询 代办 网上 线上 现场 第几 成立 设立 建立 批准 报销 报 享 补发 签 适用 算 起 止 多 久 "
    "上 底 前 提前 每年 每月 每次 分 月 年 天 人 户 元 万元 亿元".split()
)  # fmt: skip
_GLUED = frozenset("户 对象 人员 人群 人".split())
_UNITS = frozenset("年 月 天 人 户".split())
_FUNCTION = frozenset(
    "的 了 是 有 为 在 到 由 能 可 可以 会 要 应 应该 还 也 都 就 才 又 再 得 着 过 给 对 向 从 把 被 将 让 和 与 及 或 、 , ; : . ? ! 。 这 那 其 该 "
    "按 按照 根据 里 中 内 后 时 于 至 共有 共 一共 总共 具体 分别 各 新 没有 没 不 已 已经 等 请问 我 我们 你 他 他们 咱们 想 想问 请 一次性 每 "
    "最 达到 达 所 之 以 现在 县里 镇里 超过 不少于 不低于 不超过 大多 大概 大约 来 并 而 它 它们".split()
)  # fmt: skip
_VERBS = frozenset(
    "养 种 喂 栽 修 建 盖 开 办 买 养殖 种植 饲养 新建 改造 整改 改建 安置 分配 认领 推广 下达 核定".split()
)
_PEOPLE = re.compile(
    r"(?:(?<!到)户|人|人口|对象|者|员|家庭|劳动力|学生|老人|儿童|群众|村民|居民|农民|干部|职工|教师|妇女|青年|军人)$"
)


@dataclass(frozen=True, slots=True)
class Thing:
    """A stretch of a question that names something it speaks of: `text[start:end]`, in words."""

    start: int
    end: int
    words: tuple[str, ...]
    measured: bool  # a measure or a verb of raising, growing, building stands beside it

    @property
    def name(self) -> str:
        """The stretch."""
        return "".join(self.words)


def says_people(name: str) -> bool:
    """Whether the name is one of a group of people."""
    return bool(_PEOPLE.search(name))


def things(question: Question) -> list[Thing]:
    """What the question speaks of beside place, time, measure and what it asks, in order."""
    text = question.text
    taken = _taken(question)
    found: list[Thing] = []
    run: list[tuple[int, str]] = []
    after_verb = last_verb = False
    for start, word in [*_words(text, taken), (len(text), "")]:
        is_content = bool(word.strip()) and _names(word)
        joins = bool(run) and run[-1][0] + len(run[-1][1]) == start
        if run and (not is_content or not joins):
            found.append(_thing(run, text, taken, after_verb))
            run = []
        if is_content:
            if not run:
                after_verb = last_verb
            run.append((start, word))
        last_verb = word in _VERBS
    return found


def _thing(run: list[tuple[int, str]], text: str, taken: list[bool], after_verb: bool) -> Thing:
    start, end = run[0][0], run[-1][0] + len(run[-1][1])
    measures = [m.span() for m in MEASURE.finditer(text)]
    beside = any(end == s or e == start for s, e in measures) or (start > 0 and taken[start - 1] and after_verb)
    return Thing(start=start, end=end, words=tuple(w for _, w in run), measured=beside or after_verb)


def _taken(question: Question) -> list[bool]:
    """For each character, whether it is place, time, measure or asking."""
    text = question.text
    taken = [False] * len(text)
    spans = [m.span() for p in (TIME, MEASURE, ASKED) for m in p.finditer(text)]
    spans += [m.span() for place in question.places for m in re.finditer(re.escape(place), text)]
    for start, end in spans:
        taken[start:end] = [True] * (end - start)
    return taken


def _words(text: str, taken: list[bool]) -> list[tuple[int, str]]:
    """The words of what is not taken, with their starts. A kind of people and 户 or 对象 are one word."""
    import rjieba

    found: list[tuple[int, str]] = []
    start = 0
    while start < len(text):
        end = start
        while end < len(text) and taken[end] == taken[start]:
            end += 1
        if not taken[start]:
            at = start
            for word in rjieba.cut(text[start:end], hmm=False):
                if word in _GLUED and found and found[-1][0] + len(found[-1][1]) == at and _names(found[-1][1]):
                    found[-1] = (found[-1][0], found[-1][1] + word)
                else:
                    found.append((at, word))
                at += len(word)
        start = end
    return found


def _names(word: str) -> bool:
    return word not in ATTRIBUTES | _FUNCTION | _VERBS


def topic(question: Question) -> str:
    """The question without what it asks and how that is measured: what it speaks of, where and when."""
    pieces, done = [], 0
    text = question.text
    for match in [*ASKED.finditer(text), None]:
        start, end = match.span() if match else (len(text), len(text))
        pieces.append(_trimmed(MEASURE.sub("", text[done:start])))
        done = end
    return "".join(p for p in pieces if p)


def _trimmed(piece: str) -> str:
    """The piece without function words and words of any thing at its ends; a benefit stays."""
    import rjieba

    words = rjieba.cut(piece, hmm=False)
    loose = (ATTRIBUTES - BENEFITS - _UNITS) | _FUNCTION
    while words and (words[-1] in loose or not words[-1].strip()):
        if words[-1] in _GLUED and len(words) > 1 and _names(words[-2]):
            break
        words.pop()
    while words and (words[0] in loose or not words[0].strip()):
        words.pop(0)
    return "".join(words)
