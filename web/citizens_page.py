"""The page behind the code at a point, for whoever stands there: no script, no login. Pure."""

from html import escape
from typing import Final

STYLE: Final = """
body { font: 18px/1.6 system-ui, "Noto Sans CJK SC", sans-serif; max-width: 38rem;
       margin: 0 auto; padding: 1.5rem 1.2rem; color: #1a1a1a; background: #fff; }
h1 { font-size: 1.3rem; margin: 0 0 1rem; }
section + section { margin-top: 2rem; padding-top: 1.5rem; border-top: 1px solid #bbb; }
p { margin: .6rem 0; overflow-wrap: anywhere; }
small { color: #555; }
@media (prefers-color-scheme: dark) {
  body { color: #e4e4e4; background: #16181c; } section + section { border-color: #444; }
  small { color: #aaa; } }
"""
ZH: Final = (
    "这里是城市管理巡查点。请共同爱护市容环境：不占道经营，不乱停乱放，不乱扔垃圾，"
    "不损坏公共设施。发现问题，可拨打 12345 市民服务热线。"
)
EN: Final = (
    "This is a patrol point of urban management. Please help to keep the street in order: keep "
    "pavements clear, park where it is allowed, leave no litter, and do not damage public "
    "property. Tell us of a problem by the citizens' line 12345."
)
_GONE_ZH: Final = "没有这个编码的点位，可能已撤销。"
_GONE_EN: Final = "There is no point of this code any more."


def page(zh: str | None, en: str | None) -> str:
    """Both languages, one below the other; what nobody wrote is what holds everywhere."""
    return _whole(zh or ZH, en or EN)


def gone() -> str:
    return _whole(f"{_GONE_ZH}\n{ZH}", f"{_GONE_EN}\n{EN}")


def _whole(zh: str, en: str) -> str:
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>巡哨 · 市民页</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><link rel="stylesheet" href="/p.css"></head><body>
<section lang="zh-CN"><h1>市民朋友，您好</h1>{_paragraphs(zh)}
<p><small>扫码仅供阅读：不记录您的任何信息，也不作为巡查打卡。</small></p></section>
<section lang="en"><h1>Hello</h1>{_paragraphs(en)}
<p><small>This page is for reading: it records nothing about you, and it is no patrol
check-in.</small></p></section></body></html>
"""


def _paragraphs(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    return "".join(f"<p>{escape(line)}</p>" for line in lines if line)
