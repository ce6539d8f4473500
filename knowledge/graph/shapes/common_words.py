"""Words of everyday language that make bad names: they stand in every second sentence and seldom mean the concept."""

from __future__ import annotations

_ENGLISH = frozenset(
    """
    a able about above after again against all almost also although always am among an and another any anyone
    anything are around as ask at available away back bad based be became because become been before began begin
    behind being below best better between big both bring but by call called came can cannot case cause certain
    change clear close come common complete could current date day days deal did different do does doing done down
    due during each early easy either else end enough even event ever every everyone everything example fact far few
    figure file find first follow following for form found four free from full further gave general get give given go
    goes going good got great group had half hand happen has have having he help her here high him himself his hold
    hour hours how however i idea if important in include included including information instead into is issue it
    item items its itself just keep kind knew know known large last late later lead least left less let level like
    likely line list little local long look lot low made main make making man many matter may maybe me mean means
    member men might month months more most much must my name near need needed needs never new next no none nor not
    nothing now number of off offer office often old on once one only open or order other others our out over own
    page paper part particular people per perhaps person place plan point possible present problem process provide
    provided public put question quite rather read real really reason recent report request result return right run
    said same say second section see seem seen send set several shall she short should show side simple since small
    so some someone something sometimes soon staff start state still such sure system take taken task team tell term
    terms text than thank that the their them themselves then there these they thing things think this those though
    thought three through thus time times to today together too took total toward try turn two type under until up
    upon us use used user users uses using usual value version very via view want was way we week weeks well went
    were what when where whether which while who whole whom whose why will with within without word words work worked
    working works would write year years yes yet you your
    """.split()
)
_CHINESE = frozenset(
    """
    的 了 和 与 及 或 在 是 有 对 为 以 于 中 上 下 不 也 都 就 而 要 会 能 可 将 被 把 从 到 由 向 按 并 等 个 人 年
    月 日 我 你 他 她 它 这 那 我们 你们 他们 她们 它们 自己 大家 这个 那个 这些 那些 这里 那里 这样 那样 什么 怎么
    如何 为什么 哪些 哪个 多少 一个 一些 一种 一次 一样 一起 一般 一定 一直 其他 其中 其它 另外 以及 以上 以下 以内
    以后 以前 之后 之前 之间 可以 可能 能够 应该 应当 必须 需要 不能 不得 不是 没有 已经 正在 现在 目前 今天 明天
    昨天 今年 去年 明年 每天 每年 每月 时候 时间 日期 地方 地点 方面 方式 方法 情况 问题 原因 结果 内容 部分 全部
    所有 相关 有关 关于 根据 按照 通过 使用 进行 提供 包括 包含 如果 因为 所以 但是 而且 或者 并且 虽然 由于 因此
    然后 同时 例如 比如 非常 比较 更加 最后 首先 其次 主要 重要 基本 一致 不同 相同 新的 大的 小的 人员 员工 工作
    公司 单位 部门 系统 信息 数据 资料 文件 材料 项目 产品 服务 管理 业务 单号 编号 名称 名字 类型 说明 要求 规定
    标准 流程 办法 制度 申请 审批 提交 处理 完成 开始 结束 发生 发展 增加 减少 提高 工作日 请 谢谢 您 您好 你好 表示
    认为 知道 看到 成为 具有 以来 左右 大约 至少 最多 直接 及时 有效 正常 正确 可用 国家 社会 经济 市场 企业 用户
    客户 电话 地址 上海市 北京市 第一 第二 第三 一 二 三 四 五 六 七 八 九 十 百 千 万 元 号 次 种 条 件 份 天 小时
    分钟 星期 今后 事情 东西 意见 作用 影响 关系 活动
    """.split()
)


def is_common(text: str) -> bool:
    """Whether a name in normal form is a word of everyday language, or a single letter or digit."""
    return text in _ENGLISH or text in _CHINESE or len(text) == 1
