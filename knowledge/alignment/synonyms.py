"""Families of everyday business words, so that "led by" is read where the graph's phrase says "headed by".

General language, not any company's vocabulary: what is particular to a company belongs into `plb:phrase`. English
words are stems as `wording.tokens` makes them, Chinese ones are words as the cutter cuts them.
"""

from __future__ import annotations

from collections import defaultdict

from knowledge.words import stem

_FAMILIES = (
    "sit locat base hous headquart situat resid office find found 位于 设在 总部 坐落 驻 办公 办公地点 地址 所在地",
    "lead head chief boss run direct captain charg 负责 负责人 领导 带领 主管 主任 牵头 率领 掌管 领头 一把手 牵头人",
    "own belong respons run owner accountabl maintain 负责 归 管理 归口 责任 主管 所属 运营 负责部门 归属",
    "issu publish releas issuer circulat 发布 颁布 印发 下发 出台 制定 签发 发文",
    "approv sign authoris authoriz clear endors 审批 批准 核准 审核 签批 核批",
    "suppli provid deliv vendor purvey 供应 供货 供应商 提供 供给 供货商",
    "launch introduc start begin live roll open debut commission 上线 启用 投产 投用 开放 上市 推出 开通 投入使用",
    "effect forc appli valid bind 生效 施行 实施 执行 起效",
    "expir end terminat retir laps 到期 终止 失效 截止 停用 期满",
    "pric cost charg list 价格 售价 定价 单价 目录价 标价 价 目录价格",
    "weigh mass heavi 重 重量 重达 净重 毛重",
    "warranti guarante 保修 保修期 质保 质保期",
    "limit cap maximum ceil threshold 限额 上限 额度 最高 封顶 不超过",
    "deadlin due term 期限 时限 截止日期 之内 期内 逾期",
    "assembl make manufactur produc build put 组装 总装 装配 生产 制造 装出来 出厂",
    "found establish creat set 成立 创立 创建 设立 组建",
    "sponsor initi champion propos 发起 发起人 立项 倡议",
    "employ staff headcount peopl crew 人数 编制 在编 员工 人员",
    "audit review inspect examin 审计 审查 检查 核查",
    "part belong unit division 隶属 隶属于 属于 下属 归属 从属",
    "includ compris contain consist 下设 包括 包含 下辖 涵盖",
    "administr admin 管理员 系统管理员 管理",
    "contact reach ask 联系 联系人 对接人",
    "host store deploy keep 托管 部署 存放 存储",
    "replac succe supersed 取代 替代 代替 接替",
    "feed send push transmit export deliv 推送 同步 发送 传输 输送 传给 推给",
    "receiv get import 接收 接受 收取",
    "pay bear cover reimburs fund contribut 承担 支付 报销 负担 付",
    "insur cover 承保 保险 投保",
    "train teach coach 培训 授课 教授",
    "buy acquir purchas takeov 收购 购买 买下 并购 购入",
    "die deceas pass death 去世 逝世 死亡",
    "bear birth birthplac nativ 出生 生于 诞生",
    "marri spous wife husband 配偶 妻子 丈夫",
    "load lift carri bear capac payload 载重 承载 承重 负载 吊 起吊 载荷",
    "keep retain preserv retent archiv 保存 留存 保留 保管 存档",
    "hold own possess 持有 持股 拥有 所持 控股",
)


def _index() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for number, family in enumerate(_FAMILIES):
        for word in family.split():
            found[word].add(number)
            # "mass" is compared as "mas"
            found[stem(word)].add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


FAMILIES_OF = _index()
"""The families of each word, by number."""
