"""Writes an independent judging set for the recognizer of personal data.

    python bench/pii_unseen_first.py zh > zh.jsonl
    python bench/pii_unseen_first.py en > en.jsonl

Rows are {"id", "text", "spans": [{"start", "end", "type", "optional"?}], "lang"}: filled templates and, in the end,
whole pages made of 4 to 9 freshly filled ones. The seed is fixed. Every number is random with a right checksum where
its kind has one; IP addresses and mail domains are those of documentation and private ranges; keys open nothing.

Templates stand one a line below a head line "= ROWS KIND"; ⏎ is a line break, ⇥ a tab and {slot} a drawn value.
"""

import base64
import json
import random
import re
import string
import sys
import unicodedata
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypedDict

SEED = 20270444
PAGES = 40
PAGE_LINES = (4, 9)

TEMPLATES_ZH = """
= 7 contact
预约登记：{person}，联系电话{mobile}，电子邮箱{email}，就诊科室口腔科。
家长{person}留的手机是{mobile}，成绩单发到{email}。
如需退票，请致电{person}（{mobile}）或写信至{email}。
= 7 delivery
发票寄往{address}，{person}收，电话{phone}。
样品送到{address}交给{person}，到前打{phone}。
取件地点：{address}；寄件人{person} {phone}
= 7 identity card in prose
租客{person}（身份证{id}）自{date}起承租本房屋，租期十二个月。
证明：学员{person}，公民身份号码{id}，已于{date}结业。
投保人为{person}，身份证号是{id}，保单自{date}生效。
= 7 identity card with separators
居民身份证：{id_sep}
公民身份号码 {id_sep}，请核对后盖章。
身份证号{id_sep}已录入门诊系统。
= 7 identity card ending in x
读者证件{id_x}借书成功，单号{order}。
实名认证通过，身份证{id_x}，业务编号{order}。
旅客{id_x}已办理入住，预订号{order}。
= 7 full-width identity card
住院信息｜病人｜{person}｜身份证｜{id_wide}｜
考生：{person}　身份证号：{id_wide}
学籍卡／姓名：{person}／证件号码：{id_wide}／
= 7 payment
货款打到{person}名下的卡{card}，金额{money}元，备注运费。
退保金转入{person}，账号{card}，农业银行城东支行，共{money}元。
房东{person}收租卡号：{card}（建设银行），每月{money}元。
= 7 card with separators
付款卡 {card_any} 交易成功，请留存小票。
请把工资卡号改为 {card_any}，下月起生效。
信用卡{card_any}本期账单已出。
= 7 credit code
投标单位代码{uscc}，标书编号{order}。
开票信息：税号{uscc}，对应订单{order}。
社会信用代码为{uscc}的企业已通过年检，回执{order}。
= 7 passport
签证申请人{person}，护照号码{passport}，预计{date}出境。
{person}持护照{passport}于{date}入住酒店。
登机名单：{person}，护照{passport}，{date}起飞。
= 7 plate
车主{person}的{plate}于{date}年检到期。
{plate}违停，已于{date}通知{person}挪车。
物业停车位：{plate}，业主{person}，有效期至{date}。
= 7 fixed line
前台电话{landline}，夜间值班手机{mobile}。
订餐拨打{landline}，或加{mobile}。
总机：{landline}；移动电话：{mobile}
= 7 two persons
{person}自{date}起休产假，工作交给{person}代理。
{date}，{person}向{person}递交了调岗报告。
采购申请由{person}填报，{person}于{date}核准。
= 7 four persons
教研活动：主讲{person}，点评{person}，听课教师{person}、{person}共{n}名。
合议庭由{person}、{person}、{person}组成，书记员{person}，卷宗{n}页。
出诊专家：{person}、{person}；护士：{person}、{person}，接诊{n}人次。
= 7 persons and a part
租户{person}报修{part}漏水，维修工{person}上门更换。
质检员{person}发现{part}尺寸超差，{person}已返工。
顾客{person}退换{part}，店员{person}办理。
= 7 log
告警：{ipv4}多次以{email}尝试登录，客户端{version}。
审计记录：{email}从{ipv4}导出报表，程序版本{version}。
会话超时，来源{ipv4}，用户名{email}，浏览器{version}。
= 7 addresses of hosts
打印服务器{ipv4}和{ipv6}将于周末迁移。
DNS 首选{ipv4}，次选{ipv6}。
摄像头地址：{ipv4}（IPv6：{ipv6}）
= 7 password in a URL
缓存地址写成 redis://cache:{password}@redis.internal:6379/0 了，请改用密钥库。
配置项 spring.datasource.url=postgresql://report:{password}@pg.internal:5432/erp
同步脚本里有 mongodb://sync:{password}@mongo.internal:27017/shop，尽快删除。
= 7 provider key
日志里打印出了密钥{key}，已通知运维吊销。
导出 SERVICE_TOKEN={key} 后再运行脚本。
小程序后台 token: {key}，请在周五前更换。
= 7 hexadecimal key
app_secret: '{hex_key}'  # 支付回调用
接口密钥为{hex_key}，仅限测试环境。
access_key = {hex_key}；有效期九十天
= 7 token
登录返回的 token 为 {jwt}
Cookie: session={jwt}
抓包得到 Authorization: Bearer {jwt}，已失效。
= 7 private key
证书申请单后面贴了密钥文件：⏎{pem}⏎请勿转发。
cat id_rsa 输出如下：⏎{pem}
备份盘里发现以下内容：⏎{pem}⏎已销毁。
= 7 table
| 序号 | 学生 | 家长电话 | 班级 |⏎|---|---|---|---|⏎| 1 | {person} | {mobile} | 3班 |⏎| 2 | {person} | {mobile} | 4班 |
姓名⇥电话⇥工种⏎{person}⇥{mobile}⇥焊工⏎{person}⇥{mobile}⇥钳工
| 住户 | 房号 | 手机号 |⏎|---|---|---|⏎| {person} | 3-{n} | {mobile} |⏎| {person} | 5-{n} | {mobile} |
= 7 list
户主,证件号码,卡号⏎{person},{id},{card}⏎{person},{id},{card}
序号;员工;身份证号;工资卡⏎1;{person};{id};{card}⏎2;{person};{id};{card}
name,id_card,bank_card⏎{person},{id},{card}⏎{person},{id},{card}
= 7 structured text
{"patient": "{person}", "tel": "{mobile}", "visit": "{order}"}
{"order_no": "{order}", "receiver": {"name": "{person}", "phone": "{mobile}"}}
<user><name>{person}</name><mobile>{mobile}</mobile><no>{order}</no></user>
= 7 full-width mobile
乙方签章：{person}　　联系方式：{mobile_wide}
收货人（正楷）：{person}　手机：{mobile_wide}
监护人：{person}　　联系手机：{mobile_wide}
= 7 mobile between characters
用户{mobile}反映充电桩{version}无法启动。
短信已发至{mobile}，模板版本{version}。
尾款未付的{mobile}请在系统{version}中标黄。
= 7 old identity card
档案补录：{person}，原十五位身份证{id15}，新证{id}。
{person}户口本上的身份证号{id15}应更正为{id}。
退休人员{person}，老证号{id15}，二代证号{id}。
= 7 surname and title
方案由{person}起草，报{titled}批准。
请{person}把图纸送{titled}审阅。
{titled}出差期间，日常事务找{person}。
= 7 travel permit
口岸查验：通行证{permit}，旅客{person}。
{person}的港澳居民来往内地通行证为{permit}。
往来港澳通行证{permit}，签注人{person}。
= 7 home
学生住址：{address}；家长：{person}，手机{mobile}
户籍地址为{address}，户主{person}，联系电话{mobile}。
上门维修：{address}，找{person}，{mobile}
= 7 parcel
包裹{waybill}放在快递柜，收件人{person}，手机 {phone}。
运单{waybill}改派，新收货人{person}，{phone}。
{person}（{phone}）拒收{waybill}，原因外箱破损。
= 7 wrong identity card
身份证{id_bad}末位有误，{person}需携原件到窗口办理。
导入失败：证件号码{id_bad}校验位错误，经办{person}。
{person}填报的身份证号{id_bad}不合规则，退回修改。
= 7 mail heads
收件人：{person} <{email}>; {person} <{email}>
发件人: {person}<{email}>⏎收件人: {person}<{email}>⏎主题: 月度盘点
请同时发给{person}（{email}）和{person}（{email}）。
= 7 pinyin
客座教授{pinyin}的联系邮箱为{email}。
海外代理{pinyin}，邮件{email}，时差七小时。
设计师 {pinyin} 用 {email} 投稿。
= 7 dispute
原告{person}诉被告{person}，约定于{date}还款，收款账户为{card}。
{person}与{person}于{date}完成房款交割，付款卡号{card}。
{date}，{person}误将货款转给{person}，对方卡号是{card}。
= 7 office line
预约看房请找{person}女士，办公电话{landline}。
培训咨询：{person}老师，{landline}。
投诉电话{landline}，受理人{person}。
= 7 password
门禁系统密码：{password}，每季度更换。
初始密码为{password}，首次登录须修改。
考勤机管理员口令: {password}
= 7 company
负责人{person}，税务登记号{uscc}，经营场所{address}。
公司住所：{address}，信用代码{uscc}，经办人{person}。
商户{uscc}地址为{address}，店主{person}。
= 7 car log
{date} 18:40 {person} 驾驶{plate}驶出地库
加油卡使用明细：{date} {person} 车号{plate} 加注92号
派车单：司机{person}，车牌号码{plate}，{date} 07:30发车
= 4 nothing: orders
采购单{order}已入库，回程运单{waybill}。
退货申请{order}审核通过，请在{n}小时内寄出。
= 4 nothing: payments
支付编号{digits}状态为处理中。
对账发现流水{digits}金额不符。
= 4 nothing: batches
药品批号{digits}，有效期至{date}，规格{n}片。
水泥出厂编号{digits}，{date}检验合格。
= 4 nothing: four-part versions
驱动程序{quad}与旧主板不兼容，{date}起停用。
软件版本：{quad}，构建日期{date}
= 4 nothing: parts
备件{part}到货前可用{part}代用，余量{n}。
电路板上的{part}与{part}引脚相同。
= 4 nothing: standards
按 GB 50016-2014 与 ISO 14001:2015 验收，{date}归档。
检测依据 JGJ 59-2011、ASTM A36，报告日期{date}。
= 4 nothing: bar codes
商品码{ean}重复，请重新打印价签。
扫枪读到{ean}，库存扣减{n}。
= 4 nothing: hashes
镜像摘要 sha256:{hash64} 已同步到{version}。
合并请求基于 {hash40}，目标版本{version}。
= 4 nothing: request numbers
请求标识 {uuid} 超时，已重试{n}次。
工作流 {uuid} 暂停，等待{n}分钟。
= 4 nothing: amounts
年度预算合计{money}元，其中培训费{n}万元。
应收账款余额{money}元，账龄{n}天。
= 4 nothing: words that begin like names (高)
高速路段限行，平均车速{n}公里每小时。
高压泵房停机检修{n}小时。
= 4 nothing: places
黄山景区索道载客{n}人次，天气晴。
白云机场与虹桥枢纽航班共{n}架次。
= 4 nothing: brands and orders
海尔与格力的供货单分别是{order}和{order}。
王老吉和李锦记的订货号为{order}、{order}。
= 4 nothing: brands and parts
联想笔记本与戴尔工作站合计{n}台，型号{part}。
张小泉剪刀与王麻子菜刀各{n}把，货号{part}。
= 4 nothing: units
换算：1帕斯卡等于1牛每平方米，读数{n}开尔文。
用欧姆表测得电阻{n}欧姆，电感{n}亨利。
= 4 nothing: mathematicians
用傅里叶变换和拉普拉斯算子处理，结果见图{n}。
服从泊松分布，卡尔曼增益取{n}。
= 4 nothing: provinces
贵州、云南、甘肃三地产值共{money}。
江西与海南门店本月营收{money}。
= 4 nothing: materials
金刚砂耐磨地坪厚度{n}毫米，养护七天。
白铁皮风管长{n}米，严密性合格。
= 4 nothing: words that begin like names (任, 陈)
任务书要求全体学员{date}前交卷。
陈列架与陈皮展柜于{date}前撤场。
= 4 nothing: drawings
装配图{part}共{n}页，替换旧版。
模具{part}寿命{n}万次。
= 4 nothing: article numbers
货号 {digits} 暂停补货。
商品编码 {digits} 调价，标签重印。
= 4 nothing: documents
制度 ZD-2024-{n} 修订为{version}。
记录表 QR-{n}，模板{version}。
= 4 nothing: ports
请放通22、443与9200端口，并发上限{n}。
串口波特率115200，数据位8，重发{n}次。
= 4 nothing: serial numbers
电梯出厂编号TX{digits}，下次维保{date}。
路由器 S/N：HZ{digits}，{date}购入。
= 4 nothing: quarters
王家湾地铁站与徐家汇商圈的客流统计截至{date}。
石景山仓库和马连道市场于{date}盘点。
= 4 nothing: brands and counts
金山办公与用友软件续费{n}套。
康师傅与白象各进货{n}箱。
= 4 nothing: rates
良品率达{rate}%，毛利与净利持平。
方差为{rate}，平均值与常数项不变。
= 2 nothing: placeholders
app_key: "REPLACE_ME"  # 部署时填写
文档样例：token = "<your-token>"，勿直接使用。
= 4 nothing: rooms
实验楼B-0417的示波器资产号{part}。
三号会议厅座位{n}个，音响{part}。
= 4 nothing: service numbers
火警拨119，物业内线{n}。
纳税服务热线 12366，排队约{n}分钟。
= 4 nothing: like a card
系统计数器 {card_bad} 与银行账号无关。
积分序列 {card_bad}，由程序生成。
= 4 nothing: vouchers
记账凭证 {digits}，所属期2025年第三季度。
档案盒编码 {digits}，存放二库房。
= 4 nothing: temperatures
温室大棚夜间-5℃至18℃，灌溉间隔{n}分钟。
冷库设定-18℃，除霜{n}秒。
= 4 nothing: words that begin like names (程, 常)
程控交换机在线{n}小时，掉线{n}次。
常温常压下反应{n}小时，收率稳定。
= 2 nothing: local addresses
服务仅监听127.0.0.1，掩码255.255.0.0。
监听地址设为0.0.0.0即可，超时{n}秒。
= 2 nothing: like an identity card
仓单序号 {id_like} 由系统顺序生成。
"""

TEMPLATES_EN = """
= 8 contact
For bookings call {person} on {phone} or write to {email}.
Reach {person} by email ({email}) or phone ({phone}).
The night nurse, {person}, can be paged at {phone}; backup mail {email}.
= 8 delivery
Deliver the piano to {address}; ask for {person}.
Return label made out to {person}, {address}.
The appraiser {person} inspected the house at {address} yesterday.
= 8 social security number
Applicant {person} (SSN {ssn}) filed the claim on {date}.
Payroll record: {person}, social security number {ssn}, hired {date}.
Tenant {person}, SSN {ssn}, moved in on {date}.
= 8 card
Charge the room to {card_any}, folio {order}.
Refund for {order} went back to card {card_any}.
Payment card {card_any} was declined for booking {order}.
= 8 bank account
Please transfer the tuition to {iban}, quoting {order}.
Supplier bank details: IBAN {iban}, remittance {order}.
Direct debit from {iban} under mandate {order}.
= 8 log
{person} logged in from {ipv4} using client {version}.
Raised by {person}: host {ipv4} still runs {version}.
Scan of {ipv4} requested by {person}; agent {version}.
= 8 two persons
{person} handed over the keys to {person} on {date}.
The duet by {person} and {person} premieres on {date}.
{person} replaced {person} as treasurer on {date}.
= 8 password in a URL of a store
REDIS_URL=redis://cache:{password}@cache.internal:6379/2
The cron job still uses mysql://backup:{password}@db2.internal:3306/sales daily.
broker: amqp://worker:{password}@mq.internal:5672/jobs
= 8 provider key
Somebody pasted {key} into the chat; revoke it today.
export SERVICE_TOKEN={key}
The build log leaks the credential {key} on line 40.
= 8 token
curl -H 'Authorization: Bearer {jwt}' https://api.example.com/v1/rooms
The session cookie was {jwt}
id_token={jwt}
= 8 hexadecimal key
client_secret = "{hex_key}"
api-key: {hex_key}
Use access token {hex_key} for the sandbox only.
= 8 private key
Contents of server.key:⏎{pem}
I found this on the old laptop:⏎{pem}⏎Please destroy it.
Deploy key for the staging box⏎{pem}
= 8 table
| Guest | Mobile | Room |⏎|---|---|---|⏎| {person} | {phone} | {n} |⏎| {person} | {phone} | {n} |
Crew⇥Phone⇥Shift⏎{person}⇥{phone}⇥early⏎{person}⇥{phone}⇥late
| No. | Parent | Tel | Class |⏎|---|---|---|---|⏎| 1 | {person} | {phone} | 3B |⏎| 2 | {person} | {phone} | 4A |
= 8 list
member;mail;payment_card⏎{person};{email};{card_any}⏎{person};{email};{card_any}
Holder,Contact,Card number⏎{person},{email},{card_any}⏎{person},{email},{card_any}
id,full_name,email,card_no⏎1,{person},{email},{card_any}⏎2,{person},{email},{card_any}
= 8 structured text
{"driver": "{person}", "mobile": "{phone}", "trailer": "{part}"}
{"item": "{part}", "owner": {"name": "{person}", "tel": "{phone}"}}
<booking><guest>{person}</guest><phone>{phone}</phone><ref>{part}</ref></booking>
= 8 letter
Hello {person}, claim {order} was assigned to {person}.
Hi {person}, thanks for order {order}. Regards, {person}
Good morning {person}, parcel {order} was signed for by {person}.
= 8 mail heads
Sender: {person} <{email}>⏎Cc: {person} <{email}>⏎Re: sample {part}
On Monday {person} <{email}> wrote to {person} <{email}> about {part}.
Reply-To: "{person}" <{email}>, "{person}" <{email}>
= 8 three persons
Panel: {person} (moderator), {person} and {person}.
Jury members are {person}, {person} and {person}.
Crew list: captain {person}, first officer {person}, purser {person}.
= 8 pinyin
The guest lecturer {pinyin} arrives on {date}.
{pinyin} from the Suzhou branch starts on {date}.
Visa letter for {pinyin} issued {date}.
= 8 passport
Traveller {person}, passport {passport}.
{person} holds passport number {passport}.
Check-in: passport {passport}, guest {person}
= 8 addresses of hosts
Route {ipv4} and {ipv6} through firewall {version}.
Printer {ipv4} (also {ipv6}) needs driver {version}.
Nodes {ipv4}, {ipv6} rebooted after update {version}.
= 8 Chinese mobile
Our Shenzhen buyer {pinyin} answers on {phone_cn}.
WeChat contact {pinyin}, mobile {phone_cn}.
Driver in Ningbo: {pinyin}, {phone_cn}.
= 8 next of kin
Next of kin: {person} (cousin), {phone}, {address}
Policy holder {person}, {address}, daytime phone {phone}.
Landlord {person}, tel. {phone}, lives at {address}.
= 8 person and amount
{person}, head of purchasing, released {money} USD.
A bursary of {money} EUR was awarded to {person} for field work.
Signed off by {person}, controller: {money} GBP.
= 8 wrong social security number
Import error: SSN {ssn_bad} is not assignable.
Form W-4 lists SSN {ssn_bad}; reject it.
The social security number {ssn_bad} fails validation.
= 8 password
Guest network password: {password}
Your temporary password is {password}, change it after login.
login: kiosk  password: {password}
= 8 Chinese identity card
Chinese ID card {id} was scanned for {pinyin}.
{pinyin} presented ID number {id} at the counter.
Applicant {pinyin}, PRC identity card {id}.
= 8 one person
Reference letter: {person} led our bakery for six years.
{person} repaired the organ and tuned all its pipes.
The obituary was written by {person} for the local paper.
= 8 person and part
{person} returned the {part} because it rattles.
Customer {person} says pump {part} leaks.
Warranty claim by {person}: bearing {part} cracked.
= 8 password in a URL of files
pip install --index-url https://ci:{password}@pypi.example.com/simple tool
wget ftp://backup:{password}@files.example.com/dump.tar
remote origin https://bot:{password}@code.example.com/web.git (fetch)
= 4 nothing: orders
Purchase {order} left the depot on {date}, waybill {waybill}.
Reservation {order} was moved to {date}.
= 4 nothing: four-part versions
Driver version {quad} conflicts with {version} of {date}.
BIOS {quad} was withdrawn on {date}.
= 4 nothing: parts
Swap {part} for {part}; {n} left in the bin.
Catalogue item {part} is equivalent to {part}.
= 4 nothing: lots
Lot {digits} was released by quality control.
Pallet {digits} is held at customs.
= 4 nothing: standards
Tested to EN 60204-1:2018 and ISO 13849-1 by {date}.
The audit against ISO 45001:2018 and ASTM F2413 closes {date}.
= 4 nothing: hashes
Cherry-pick {hash40} onto release {version}.
Image digest sha256:{hash64} was pushed as {version}.
= 4 nothing: request numbers
Request {uuid} timed out after {n} ms.
Trace id {uuid}, {n} spans.
= 4 nothing: amounts
Net sales came to {money} GBP, up {n} percent.
Budget line 14 shows {money} USD for {n} days.
= 2 nothing: words
Bill the customer, grant access and mark the page as read.
The hope centre and the grace period are art enough; may it rain.
= 4 nothing: bar codes
Label {ean} does not scan at the till.
EAN {ean}: {n} units on the shelf.
= 4 nothing: units
Pressure rose to {n} pascals; check the Bourdon gauge and the Stillson wrench.
Field strength is {n} tesla; a Hall probe and a Geiger counter are fitted.
= 4 nothing: mathematicians
The Fourier transform and Bessel functions appear in figure {n}.
Poisson noise and Euler angles are treated in chapter {n}.
= 2 nothing: places
Florence, Victoria and Paris are on the summer timetable.
Austin, Charlotte and Madison share one warehouse.
= 4 nothing: like a card
Log id {card_bad} is not a payment card.
Sequence value {card_bad} was skipped.
= 2 nothing: placeholders
client_secret: REPLACE_ME  # see the wiki
token: <your-token-here>
= 4 nothing: ports
Allow 22, 443 and 9090 only; retry {n} times.
Baud rate 115200, {n} frames per second.
= 4 nothing: serial numbers
Boiler serial BX{digits} is due for service on {date}.
Forklift no. FL{digits} was bought on {date}.
= 2 nothing: local addresses
Bind to 127.0.0.1 only; the mask is 255.255.0.0.
Listen on 0.0.0.0 port 8080, backlog {n}.
= 4 nothing: documents
Procedure SOP-{n}, issue {version}, valid from {date}.
Drawing DWG-{n} rev {version} supersedes the copy of {date}.
= 4 nothing: temperatures
Oven at 180 C for {n} minutes, humidity 45 %.
Freezer alarm below -25 C, delay {n} s.
= 4 nothing: products
Deploy with Helm, Gerrit and Maven; story OPS-{n} is open.
Run the Selenium and Jasmine tests; see WEB-{n}.
= 4 nothing: materials
Aluminium EN AW-6082 and brass CW614N arrive in {n} days.
Bolts of grade 10.9 and 12.9, {n} pieces.
= 4 nothing: kits
The kit contains {part}, {part} and {part}.
Compatible boards: {part}, {part}.
= 4 nothing: months
June, April and August rosters list {n} shifts.
Rose Hill depot handled {n} pallets in April; Jack Pine boards sold out.
= 4 nothing: status codes
RFC 9110 explains status {n} in chapter 15.
Error E-{n} maps to exit code 5.
= 4 nothing: limits
Severity 2 needs a reply within {n} minutes.
Gate B{n} closes 20 minutes before departure.
= 4 nothing: sizes
Crate 1200x800x960 mm, gross {n} kg, stack 3 high.
Door leaf 2040x826 mm, {n} screws.
= 4 nothing: methods
Runge-Kutta and Simpson rule agree after {n} steps.
The Hamming window and the Nyquist rate give {n} bins.
= 4 nothing: checksums
md5 {hash32} is listed in the manifest.
Verify sha1 {hash40} before flashing.
= 4 nothing: invoices
Statement {order} dated {date} shows {n} open items.
Credit note {order} was booked on {date}.
= 2 nothing: like an identity card
Counter {id_like} is issued by the scanner.
"""

SURNAMES = (
    "王李张刘陈杨黄赵吴周汪姚卢姜崔钟谭陆范石廖贾夏韦方邹熊孟秦邱江尹薛段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤"
)
DOUBLE_SURNAMES = "慕容 皇甫 司徒 令狐 东方 夏侯 欧阳".split()
GIVEN_ONE = "波斌刚辉鹏飞凯亮帅琪蕾莉颖茹洁倩萍燕彬昊舟楠钰瑶芸"
GIVEN_TWO = (
    "建军 国强 海燕 丽华 桂兰 凤英 玉梅 志远 晓东 文静 雪梅 少华 永强 春燕 子轩 梓萱 一诺 雨桐 欣怡 浩宇 俊熙 思彤 "
    "嘉怡 宇轩 佳琪 晨曦 诗雨 博文 天宇 润泽 秋菊 红霞 爱华 新民 保国 长福 世杰 伟东 明辉 丽萍 慧敏 晓芳 荣华 "
    "福生 学文 沐阳 语嫣 若彤 奕辰 景行 可欣 乐遥 芷晴 书瑶 亚楠 广义"
).split()
OTHER_NAMES_ZH = (
    "阿迪力·库尔班 迪丽娜·艾合买提 帕尔哈提·依明 朝鲁·孟和 娜仁·其木格 次仁旺堆 洛桑曲培 彼得·施密特 艾米丽·卡特 "
    "卡洛斯·门多萨 索菲·杜邦 伊琳娜·彼得罗娃 拉吉夫·梅塔 高桥美咲 铃木翔太 金美善"
).split()
TITLES = "总 科长 院长 教授 处长 医生 主任 经理".split()
PINYIN = (
    "Liu Yang,Sun Meiling,Zhou Xiao-dong,Huang Jie,Xu Lingyun,Grace Lin,Tony Guo,Ma Yuhan,Feng Rui,Cao Ying,Deng Hao,"
    "He Jing,Gao Ming-zhe,Lin Shufen,Peter Xu,Tang Li,Wu Jiayi,Cheng Guo-qiang,Helen Shen,Yao Ting"
).split(",")
FIRST_NAMES = (
    "Alice Andrew Angela Arthur Beatrice Benjamin Carla Catherine Charles Chloe Christopher Clara Dennis Diana Edward "
    "Eleanor Elena Eric Fatima Felix Fiona Gabriel George Gloria Hannah Harold Helen Ibrahim Ingrid Isabel Jason "
    "Joanna Joseph Julia Kenji Leila Leonard Lucas Magnus Marcus Margaret Martin Mei Mohammed Natalie Neil Nina Olga "
    "Oscar Patricia Paul Rachel Rajesh Rebecca Ruth Samuel Sanjay Stephanie Tomasz Victor Vivian Yuki Zoe"
).split()
LAST_NAMES = (
    "Adams,Anderson,Bailey,Baker,Bennett,Bianchi,Brooks,Campbell,Carter,Castillo,Chowdhury,Clarke,Cohen,Coleman,Cooper,"
    "Cruz,D'Angelo,Dubois,Edwards,Evans,Fernandez,Fischer,Fitzgerald,Fletcher,Foster,García,Gonzalez,Graham,Gupta,"
    "Hansen,Hughes,Hussein,Ivanova,Jensen,Kaur,Keller,Kelly,Khan,Kim,Kowalczyk,Laurent,Lindqvist,Lopez,MacDonald,"
    "Martinez,McCarthy,Mehta,Mitchell,Moreau,Müller,Murphy,Nakamura,Nguyen,Novak,O'Connor,O'Neill,Okafor,Olsen,Park,"
    "Petrov,Popescu,Reyes,Richardson,Roberts,Santos,Schneider,Schulz,Silva,Singh,Stewart,Sullivan,Suzuki,Svensson,"
    "Turner,van Dijk,Vasquez,Watanabe,Weber,Wright,Yamamoto,Young,Zimmermann"
).split(",")
DISTRICTS = (
    "湖北省武汉市洪山区 陕西省西安市雁塔区 山东省青岛市市南区 福建省厦门市思明区 天津市和平区 重庆市渝北区 "
    "湖南省长沙市岳麓区 辽宁省大连市中山区 河南省郑州市金水区 安徽省合肥市蜀山区"
).split()
ROADS_ZH = "解放路 人民东路 长江中路 文昌街 学府路 珞喻路 和平大道 滨海大道 青年路 迎宾街".split()
ESTATES = "金色家园 碧水湾 锦绣花园 书香苑 梧桐里".split()
ROADS_EN = "Cedar,Willow,Mill,Church,Franklin,Riverside,Orchard,Prospect,Station,Hawthorne".split(",")
ROAD_KINDS = "Street Ave Road Blvd Lane Drive".split()
TOWNS = "Tucson, AZ 85701|Richmond, VA 23220|Albany, NY 12207|Boise, ID 83702|Bristol BS1 6XN|York YO1 7HH".split("|")
REGIONS = (
    "110105 120101 130204 140106 210203 220102 310110 320104 320205 330203 340102 350102 360103 370102 370203 410103 "
    "420104 430102 440104 440304 450203 500103 510104 520102 530103 610102 620102 640104"
).split()
DOMAINS = "example.com example.net example.com.cn mail.example.net office.example.org".split()
MONTHS = "January February March April May June July August September October November December".split()

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
USCC_CHARS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
BASE62 = string.ascii_letters + string.digits
SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")

LABELS = {
    "person": "PERSON",
    "pinyin": "PERSON",
    "titled": "PERSON?",
    "mobile": "PHONE_NUMBER",
    "phone": "PHONE_NUMBER",
    "phone_cn": "PHONE_NUMBER",
    "landline": "PHONE_NUMBER",
    "mobile_wide": "PHONE_NUMBER",
    "email": "EMAIL_ADDRESS",
    "address": "ADDRESS",
    "id": "CN_ID_CARD",
    "id_sep": "CN_ID_CARD",
    "id_x": "CN_ID_CARD",
    "id_wide": "CN_ID_CARD",
    "id15": "CN_ID_CARD",
    "id_bad": "CN_ID_CARD?",
    "card": "CREDIT_CARD",
    "card_any": "CREDIT_CARD",
    "uscc": "CN_USCC",
    "passport": "PASSPORT",
    "permit": "PASSPORT",
    "plate": "LICENSE_PLATE",
    "ipv4": "IP_ADDRESS",
    "ipv6": "IP_ADDRESS",
    "password": "PASSWORD",
    "key": "API_KEY",
    "hex_key": "API_KEY",
    "jwt": "JWT",
    "pem": "PRIVATE_KEY",
    "ssn": "US_SSN",
    "ssn_bad": "US_SSN?",
    "iban": "IBAN_CODE",
}


class Span(TypedDict, total=False):
    """A marked value; offsets count characters and end is exclusive."""

    start: int
    end: int
    type: str
    optional: bool


class Row(TypedDict):
    """One line of the set."""

    id: str
    text: str
    spans: list[Span]
    lang: str


def luhn_digit(payload: str) -> str:
    """Check digit that makes payload plus it pass the Luhn test."""
    total = 0
    for place, char in enumerate(reversed(payload)):
        doubled = int(char) * (2 - place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def id_digit(payload: str) -> str:
    """Check character of 17 digits of an identity card (ISO 7064 MOD 11-2)."""
    return "10X98765432"[sum(int(char) * weight for char, weight in zip(payload, ID_WEIGHTS, strict=True)) % 11]


def organisation_digit(payload: str) -> str:
    """Check character of the 8 characters of an organisation code (GB 11714)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    return "0123456789X0"[11 - sum(int(char, 36) * weight for char, weight in zip(payload, weights, strict=True)) % 11]


def uscc_digit(payload: str) -> str:
    """Check character of 17 characters of a credit code (GB 32100, modulo 31)."""
    return USCC_CHARS[-sum(USCC_CHARS.index(char) * 3**place for place, char in enumerate(payload)) % 31]


def iban_digits(country: str, account: str) -> str:
    """Check digits of an IBAN (MOD 97)."""
    number = "".join(str(int(char, 36)) for char in f"{account}{country}00")
    return f"{98 - int(number) % 97:02}"


def ean_digit(payload: str) -> str:
    """Check digit of 12 digits of a bar code."""
    return str(-sum(int(char) * (1 + place % 2 * 2) for place, char in enumerate(payload)) % 10)


def encode(text: str) -> str:
    """Base64 for URLs without padding, as in a JSON web token."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class Source:
    """Draws the values of the slots of one language."""

    def __init__(self, lang: str) -> None:
        """Seeds the draw and fills the stock of names."""
        self.lang = lang
        self.rng = random.Random(f"{SEED}-{lang}")
        self.names = self.all_names()
        self.slots: dict[str, Callable[[], str]] = {
            "n": lambda: str(self.rng.randint(12, 989)),
            "rate": lambda: f"{self.rng.uniform(90, 99):.2f}",
            "money": lambda: f"{self.rng.uniform(20_000, 90_000_000):,.2f}",
            "uuid": lambda: str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
            "hash32": lambda: self.hexadecimal(32),
            "hash40": lambda: self.hexadecimal(40),
            "hash64": lambda: self.hexadecimal(64),
            "hex_key": lambda: self.hexadecimal(32),
            "id_sep": self.id_separated,
            "id_x": lambda: self.id_card("X").lower(),
            "id_wide": lambda: self.id_card().translate(WIDE),
            "id": self.id_card,
            "id15": self.id_old,
            "id_bad": self.id_wrong,
            "id_like": self.id_wrong,
            "card": self.card,
            "card_any": self.card_spaced,
            "card_bad": self.card_wrong,
            "mobile_wide": lambda: self.mobile().translate(WIDE),
            "phone_cn": self.phone_zh,
            "phone": self.phone_zh if lang == "zh" else self.phone_en,
            "date": self.date_zh if lang == "zh" else self.date_en,
            "address": self.address_zh if lang == "zh" else self.address_en,
            "passport": self.passport_zh if lang == "zh" else self.passport_en,
            "pinyin": lambda: self.rng.choice(PINYIN),
            "person": self.person,
            "titled": self.titled,
            "permit": lambda: self.rng.choice("CHM") + self.digit_run(8),
            "plate": self.plate,
            "mobile": self.mobile,
            "landline": self.landline,
            "email": self.email,
            "ipv4": self.ipv4,
            "ipv6": self.ipv6,
            "password": self.password,
            "key": self.key,
            "jwt": self.jwt,
            "pem": self.pem,
            "uscc": self.uscc,
            "ssn": self.ssn,
            "ssn_bad": self.ssn_wrong,
            "iban": self.iban,
            "order": self.order,
            "waybill": self.waybill,
            "digits": self.long_number,
            "version": self.version,
            "quad": self.quad,
            "part": self.part,
            "ean": self.ean,
        }

    def run_of(self, chars: str, length: int) -> str:
        """A random run of the given characters."""
        return "".join(self.rng.choices(chars, k=length))

    def digit_run(self, length: int) -> str:
        """A random run of digits that does not begin with 0."""
        return self.rng.choice("123456789") + self.run_of(string.digits, length - 1)

    def hexadecimal(self, length: int) -> str:
        """Random lower-case hexadecimal digits."""
        return self.run_of("0123456789abcdef", length)

    def all_names(self) -> list[str]:
        """Every full name of the language in random order, so that none comes back soon."""
        if self.lang == "en":
            names = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
        else:
            given = [*GIVEN_ONE, *GIVEN_TWO]
            names = [surname + name for surname in SURNAMES for name in given]
            double = [surname + name for surname in DOUBLE_SURNAMES for name in given]
            names = self.rng.sample(names, 500) + self.rng.sample(double, 45)
        self.rng.shuffle(names)
        return names

    def person(self) -> str:
        """A full name."""
        if self.lang == "zh" and self.rng.random() < 0.08:
            return self.rng.choice(OTHER_NAMES_ZH)
        return self.names.pop()

    def titled(self) -> str:
        """A surname with a title."""
        return self.rng.choice(SURNAMES) + self.rng.choice(TITLES)

    def day(self, first: int, last: int) -> date:
        """A day between the starts of two years."""
        start = date(first, 1, 1)
        return start + timedelta(days=self.rng.randrange((date(last, 1, 1) - start).days))

    def date_zh(self) -> str:
        """A date in one of four Chinese spellings."""
        day = self.day(2019, 2027)
        words = f"{day.year}年{day.month}月{day.day}日"
        return self.rng.choice((f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}", f"{day:%Y%m%d}", words))

    def date_en(self) -> str:
        """A date in one of four English spellings."""
        day = self.day(2019, 2027)
        words = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
        return self.rng.choice((f"{day:%Y-%m-%d}", f"{day:%m/%d/%Y}", words, f"Q{(day.month + 2) // 3} {day.year}"))

    def mobile(self) -> str:
        """A mainland mobile number."""
        prefixes = "130 132 135 136 137 138 139 147 150 152 157 158 159 166 173 175 178 180 182 185 187 188 191 198"
        return self.rng.choice(prefixes.split()) + self.run_of(string.digits, 8)

    def phone_zh(self) -> str:
        """A mainland mobile number in one of eight spellings."""
        number = self.mobile()
        parts = number[:3], number[3:7], number[7:]
        forms = (number, " ".join(parts), "-".join(parts), f"+86 {number}", f"0086{number}", f"(+86){number}")
        return self.rng.choice((*forms, f"+86 {' '.join(parts)}", f"+86-{'-'.join(parts)}"))

    def landline(self) -> str:
        """A mainland fixed line in one of five spellings."""
        code, length = self.rng.choice(
            (
                ("022", 8),
                ("024", 8),
                ("025", 8),
                ("027", 8),
                ("028", 8),
                ("029", 8),
                ("0532", 8),
                ("0411", 8),
                ("0592", 7),
                ("0351", 7),
                ("0551", 8),
            )
        )
        number = self.rng.choice("23568") + self.run_of(string.digits, length - 1)
        return self.rng.choice(
            (
                f"{code}-{number}",
                f"{code} {number}",
                f"（{code}）{number}",
                f"+86-{code[1:]}-{number}",
                f"{code}-{number}转{self.digit_run(4)}",
            )
        )

    def phone_en(self) -> str:
        """A number of the United States, Britain or Germany; the American ones are reserved for fiction."""
        code = self.rng.choice(("312", "404", "503", "602", "646", "713", "919"))
        line = f"01{self.run_of(string.digits, 2)}"
        american = (
            f"({code}) 555-{line}",
            f"{code}.555.{line}",
            f"{code}-555-{line}",
            f"+1 {code}-555-{line}",
            f"+1-{code}-555-{line} ext. {self.digit_run(3)}",
        )
        british = f"+44 {self.rng.choice(('20 7946', '161 496'))} 0{self.run_of(string.digits, 3)}"
        german = f"+49 {self.rng.choice(('30', '40', '89'))} {self.digit_run(8)}"
        return self.rng.choice((*american, british, german))

    def email(self) -> str:
        """A mail address in a reserved domain."""
        first = self.rng.choice(FIRST_NAMES).lower()
        plain = unicodedata.normalize("NFKD", self.rng.choice(LAST_NAMES).lower())
        last = re.sub(r"[^a-z]", "", plain)
        local = self.rng.choice(
            (f"{first}.{last}", f"{first}_{last}", f"{last}{self.rng.randint(10, 99)}", f"{first[0]}{last}+shop")
        )
        return f"{local}@{self.rng.choice(DOMAINS)}"

    def address_zh(self) -> str:
        """A Chinese street address."""
        pick = self.rng.randint
        street = f"{self.rng.choice(DISTRICTS)}{self.rng.choice(ROADS_ZH)}{pick(3, 1899)}号"
        room = f"{pick(2, 28)}{pick(1, 6):02}"
        estate = f"{street}{self.rng.choice(ESTATES)}{pick(1, 39)}栋{pick(1, 4)}单元{room}"
        return self.rng.choice((street, f"{street}{pick(1, 30)}幢{room}室", f"{estate}室", estate))

    def address_en(self) -> str:
        """An English or American street address."""
        pick = self.rng.randint
        road = f"{pick(12, 9899)} {self.rng.choice(ROADS_EN)} {self.rng.choice(ROAD_KINDS)}"
        unit = f", Apt {pick(2, 96)}" if self.rng.random() < 0.5 else ""
        return f"{road}{unit}, {self.rng.choice(TOWNS)}"

    def id_card(self, last: str = "") -> str:
        """An identity card number of 18 characters, ending in last if given."""
        while True:
            payload = self.rng.choice(REGIONS) + f"{self.day(1950, 2006):%Y%m%d}" + f"{self.rng.randint(1, 999):03}"
            if not last or id_digit(payload) == last:
                return payload + id_digit(payload)

    def id_separated(self) -> str:
        """An identity card number in three groups."""
        number = self.id_card()
        return self.rng.choice("- ").join((number[:6], number[6:14], number[14:]))

    def id_old(self) -> str:
        """An identity card number of 15 digits."""
        return self.rng.choice(REGIONS) + f"{self.day(1950, 1985):%y%m%d}" + f"{self.rng.randint(1, 999):03}"

    def id_wrong(self) -> str:
        """An identity card number with a wrong check digit, which fails the Luhn test too."""
        number = self.id_card()
        wrong = "0123456789X".replace(number[17], "").replace(luhn_digit(number[:17]), "")
        return number[:17] + self.rng.choice(wrong)

    def card(self) -> str:
        """A bank card number: UnionPay or Mastercard in Chinese, the international brands in English."""
        union = ("621483", 16), ("622575", 16), ("625958", 16), ("622700", 19), ("621288", 19), ("621669", 19)
        local = *union, ("518710", 16), ("622203", 19)
        world = ("4", 16), ("4", 16), ("52", 16), ("54", 16), ("34", 15), ("37", 15), ("6011", 16)
        head, length = self.rng.choice(local if self.lang == "zh" else world)
        payload = head + self.run_of(string.digits, length - 1 - len(head))
        return payload + luhn_digit(payload)

    def card_spaced(self) -> str:
        """A card number, mostly in groups in Chinese and often so in English."""
        number = self.card()
        mark = self.rng.choice(" -" if self.lang == "zh" else ("", "", " ", "-"))
        return number if len(number) == 15 else mark.join(re.findall(".{1,4}", number))

    def card_wrong(self) -> str:
        """A number that begins like a UnionPay card and fails the Luhn test."""
        head, length = self.rng.choice((("621483", 16), ("622700", 19), ("621288", 19), ("622203", 19)))
        payload = head + self.run_of(string.digits, length - 1 - len(head))
        return payload + self.rng.choice(string.digits.replace(luhn_digit(payload), ""))

    def uscc(self) -> str:
        """A unified social credit code."""
        body = self.digit_run(8) if self.rng.random() < 0.75 else f"MA{self.run_of(USCC_CHARS[:30], 6)}"
        kind = self.rng.choice(("91", "91", "92", "93", "12", "51", "52"))
        payload = kind + self.rng.choice(REGIONS) + body + organisation_digit(body)
        return payload + uscc_digit(payload)

    def passport_zh(self) -> str:
        """A Chinese passport number."""
        return self.rng.choice(
            (
                f"E{self.run_of(string.digits, 8)}",
                f"G{self.run_of(string.digits, 8)}",
                f"E{self.rng.choice('ABCDFGHL')}{self.run_of(string.digits, 7)}",
            )
        )

    def passport_en(self) -> str:
        """A passport number of nine digits, or a letter and eight digits."""
        head = self.rng.choice(("", "", "A", "C", "K", "X"))
        return head + self.run_of(string.digits, 9 - len(head))

    def plate(self) -> str:
        """A Chinese number plate, one in two for an electric car."""
        place = self.rng.choice("浙粤皖鄂晋辽黑赣桂云陕冀豫") + self.rng.choice("ABCEFGHJ")
        mark = self.rng.choice(("", "", "·"))
        if self.rng.random() < 0.5:
            return f"{place}{mark}{self.rng.choice('DF')}{self.run_of(string.digits, 5)}"
        number = list(self.run_of(string.digits, 5))
        number[self.rng.randrange(5)] = self.rng.choice(string.digits + "BCHKQTWZ")
        return f"{place}{mark}{''.join(number)}"

    def ipv4(self) -> str:
        """An address of a private or a documentation range."""
        pick = self.rng.randint
        last = pick(2, 253)
        return self.rng.choice(
            (
                f"10.{pick(0, 255)}.{pick(0, 255)}.{last}",
                f"172.{pick(16, 31)}.{pick(0, 255)}.{last}",
                f"192.168.{pick(0, 255)}.{last}",
                f"192.0.2.{last}",
                f"198.51.100.{last}",
                f"203.0.113.{last}",
            )
        )

    def ipv6(self) -> str:
        """An address of the documentation range."""
        parts = [f"{self.rng.randint(1, 0xFFFF):x}" for _ in range(3)]
        return f"2001:db8:{parts[0]}:{parts[1]}::{parts[2]}"

    def password(self) -> str:
        """A password of 10 to 15 characters with small letters, capitals and digits."""
        chars = BASE62 + self.rng.choice(("", "#%_!"))
        small, capital, digit = map(self.rng.choice, (string.ascii_lowercase, string.ascii_uppercase, string.digits))
        return capital + self.run_of(chars, self.rng.randint(7, 12)) + digit + small

    def key(self) -> str:
        """A key in the format of a common provider."""
        return self.rng.choice(
            (
                f"sk-{self.run_of(BASE62, 48)}",
                f"ghp_{self.run_of(BASE62, 36)}",
                f"AIza{self.run_of(BASE62 + '-_', 34)}k",
                f"xoxb-{self.digit_run(11)}-{self.digit_run(12)}-{self.run_of(BASE62, 24)}",
                f"glpat-{self.run_of(BASE62, 20)}",
                f"LTAI5t{self.run_of(BASE62, 18)}",
                f"AKIA{self.run_of(string.ascii_uppercase + '234567', 16)}",
            )
        )

    def jwt(self) -> str:
        """A signed JSON web token."""
        issued = 1_790_000_000 + self.rng.randrange(9_000_000)
        body = {"sub": self.run_of(string.digits, 6), "iat": issued, "exp": issued + 3600}
        parts = [encode(json.dumps(part, separators=(",", ":"))) for part in ({"alg": "HS256", "typ": "JWT"}, body)]
        return ".".join((*parts, self.run_of(BASE62 + "-_", 42) + self.rng.choice("AEIMQUYcgkosw048")))

    def pem(self) -> str:
        """A private key block."""
        name = self.rng.choice(("", "RSA ", "EC ", "OPENSSH ")) + "PRIVATE KEY"
        lines = "\n".join(self.run_of(BASE62 + "+/", 64) for _ in range(self.rng.randint(3, 5)))
        return f"-----BEGIN {name}-----\n{lines}\n-----END {name}-----"

    def ssn(self) -> str:
        """A social security number that can be given out."""
        area = self.rng.choice([number for number in range(1, 900) if number != 666])
        return f"{area:03}-{self.rng.randint(1, 99):02}-{self.rng.randint(1, 9999):04}"

    def ssn_wrong(self) -> str:
        """A social security number that is never given out."""
        group = f"{self.rng.randint(1, 99):02}"
        head = self.rng.choice((f"000-{group}", f"666-{group}", f"9{self.run_of(string.digits, 2)}-00"))
        return f"{head}-{self.rng.randint(1, 9999):04}"

    def iban(self) -> str:
        """A bank account of one of six countries, sometimes in groups of four."""
        capitals = self.run_of(string.ascii_uppercase, 4)
        country, account = self.rng.choice(
            (
                ("GB", capitals + self.digit_run(14)),
                ("DE", self.digit_run(18)),
                ("FR", self.digit_run(23)),
                ("NL", capitals + self.digit_run(10)),
                ("ES", self.digit_run(20)),
                ("AT", self.digit_run(16)),
            )
        )
        code = country + iban_digits(country, account) + account
        return code if self.rng.random() < 0.6 else " ".join(re.findall(".{1,4}", code))

    def order(self) -> str:
        """A business number."""
        day = self.day(2024, 2027)
        return self.rng.choice(
            (
                f"CG{day:%Y%m%d}{self.digit_run(6)}",
                f"XS-{self.digit_run(4)}-{self.digit_run(3)}",
                f"FP{self.digit_run(8)}",
                f"RK{self.digit_run(12)}",
                f"BK-{day:%Y%m}-{self.digit_run(5)}",
            )
        )

    def waybill(self) -> str:
        """A tracking number."""
        return self.rng.choice(("SF", "JT", "JD", "STO", "YT")) + self.digit_run(13)

    def long_number(self) -> str:
        """A long number that is neither a card nor an identity card."""
        while True:
            number = self.digit_run(self.rng.choice((13, 14, 16, 17, 19, 20, 21)))
            if luhn_digit(number[:-1]) != number[-1]:
                return number

    def version(self) -> str:
        """A version."""
        pick = self.rng.randint
        dotted = f"{pick(1, 9)}.{pick(0, 29)}.{pick(0, 39)}"
        built = f"V{pick(1, 9)}.{pick(0, 9)}R{pick(1, 9)}B{self.run_of(string.digits, 3)}"
        return self.rng.choice((f"v{dotted}", f"{dotted}-rc{pick(1, 4)}", built))

    def quad(self) -> str:
        """A version of four numbers, like an IP address."""
        pick = self.rng.randint
        return f"{pick(1, 14)}.{pick(0, 24)}.{pick(0, 24)}.{pick(2, 250)}"

    def part(self) -> str:
        """A part number or a standard."""
        pick = self.rng.randint
        two = self.run_of("ABCDEFGHKLMNPRST", 2), self.run_of("ABCDEFGHKLMNPRST", 2)
        return self.rng.choice(
            (
                f"M{pick(3, 24)}×{pick(16, 120)}",
                f"SKF 6{pick(200, 320)}-2RS",
                f"JB/T {self.digit_run(5)}-20{pick(10, 25)}",
                f"STM32G{pick(100, 990)}CBT6",
                f"6ES7 {pick(100, 990)}-{pick(1, 7)}AB{pick(10, 90)}-0XB0",
                f"{two[0]}-{self.digit_run(4)}-{two[1]}",
                f"GB/T {self.digit_run(5)}-20{pick(10, 25)}",
            )
        )

    def ean(self) -> str:
        """A bar code of thirteen digits."""
        payload = "69" + self.run_of(string.digits, 10)
        return payload + ean_digit(payload)

    def fill(self, template: str) -> tuple[str, list[Span]]:
        """Fills the slots of a template and marks the personal ones."""
        text, spans, done = "", list[Span](), 0
        for match in SLOT.finditer(template):
            text += template[done : match.start()]
            done = match.end()
            value = self.slots[match[1]]()
            label = LABELS.get(match[1], "")
            if label:
                span = Span(start=len(text), end=len(text) + len(value), type=label.rstrip("?"))
                if label.endswith("?"):
                    span["optional"] = True
                spans.append(span)
            text += value
        return text + template[done:], spans


def single_templates(block: str) -> list[str]:
    """The templates of a block, each as often as its kind has rows for it."""
    chosen = list[str]()
    for kind in re.split(r"^= ", block.strip(), flags=re.MULTILINE)[1:]:
        head, *lines = kind.strip("\n").split("\n")
        count = int(head.split()[0])
        chosen += [lines[place % len(lines)].replace("⏎", "\n").replace("⇥", "\t") for place in range(count)]
    return chosen


def page(source: Source, templates: list[str]) -> tuple[str, list[Span]]:
    """Several freshly filled templates, one under the other."""
    text, spans = "", list[Span]()
    for template in source.rng.sample(templates, source.rng.randint(*PAGE_LINES)):
        part, marks = source.fill(template)
        for mark in marks:
            mark["start"] += len(text)
            mark["end"] += len(text)
        spans += marks
        text += f"{part}\n"
    return text, spans


def rows(lang: str) -> list[Row]:
    """All rows of a language in random order."""
    source = Source(lang)
    templates = single_templates(TEMPLATES_ZH if lang == "zh" else TEMPLATES_EN)
    made = [("", *source.fill(template)) for template in templates]
    made += [("page-", *page(source, templates)) for _ in range(PAGES)]
    found = [
        Row(id=f"kin-{lang}-{kind}{number:04}", text=text, spans=spans, lang=lang)
        for number, (kind, text, spans) in enumerate(made)
    ]
    source.rng.shuffle(found)
    return found


if __name__ == "__main__":
    for row in rows(sys.argv[1]):
        print(json.dumps(row, ensure_ascii=False))
