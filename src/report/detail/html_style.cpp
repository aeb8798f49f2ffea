#include "report/detail/html_parts.h"

namespace understudy::report::detail {

const std::string_view html_style = R"css(
:root{color-scheme:light dark;--bg:#fafaf8;--card:#fff;--ink:#1f2328;--soft:#5b626b;--line:#e0e1dd;--tint:#f1f2ee;
--before:#8a919b;--before-soft:#d5d9de;--after:#1b66c9;--after-soft:#c3d9f6;--good:#176b34;--good-bg:#e0f2e4;
--bad:#a8201a;--bad-bg:#fbe4e1;--warn:#7d5200;--warn-bg:#fbeecd;--hit:#2f8f56;--stale:#8fbf4d;--miss:#d9952b;
--bypass:#9b8fc4;--none:#c4c8cd}
@media (prefers-color-scheme:dark){:root{--bg:#15181c;--card:#1c2025;--ink:#e4e7ea;--soft:#9aa3ad;--line:#31373e;
--tint:#22272d;--before:#98a1ac;--before-soft:#3c434c;--after:#6aa9ff;--after-soft:#22426e;--good:#7fd59a;
--good-bg:#17352a;--bad:#ff9a90;--bad-bg:#44211f;--warn:#f0c36a;--warn-bg:#3c311a;--hit:#4caf78;--stale:#9cc45f;
--miss:#d9a04a;--bypass:#9f93cf;--none:#565d66}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
"Liberation Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
code,dd,small,.reason{overflow-wrap:anywhere}
header,main,footer{max-width:70rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
h1,h2,h3,h4,p,dl,ul{margin:0}
.kicker{color:var(--soft)}
h1.verdict{font-size:2.1rem;line-height:1.2;font-weight:650;margin:.25rem 0 .35rem;letter-spacing:-.01em}
.sign{display:inline-block;min-width:1.1em}
.reason{font-size:1.1rem;max-width:52rem;margin-bottom:.9rem}
.line{margin:.2rem 0}
.line b{display:inline-block;min-width:7.2rem;font-weight:500;color:var(--soft)}
h1.improved,h1.same{color:var(--good)}
h1.worse{color:var(--bad)}
h1.inconclusive,h1.invalid{color:var(--warn)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:.6rem 1.5rem;margin-top:1.1rem;
padding:.8rem 0;border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
dt{color:var(--soft);font-size:.82rem}
dd{margin:0}
section{margin-top:2.4rem}
h2{font-size:1.3rem;font-weight:650;margin-bottom:.6rem}
h3{font-size:1.05rem;font-weight:650;margin:1.5rem 0 .5rem}
h4{font-size:.95rem;font-weight:600;margin-bottom:.5rem}
section>p{margin-bottom:.6rem}
.note,small,caption{color:var(--soft)}
.note{max-width:52rem;font-size:.9rem}
small{font-size:.85em}
a{color:var(--after)}
.badge{display:inline-block;padding:.02rem .5rem;border-radius:1rem;font-size:.82rem;font-weight:600;white-space:nowrap;
background:var(--tint);color:var(--soft)}
.badge.improved,.badge.met{background:var(--good-bg);color:var(--good)}
.badge.worse,.badge.unmet{background:var(--bad-bg);color:var(--bad)}
.badge.inconclusive,.badge.invalid,.badge.unknown{background:var(--warn-bg);color:var(--warn)}
.state,.tag{font-weight:500;font-size:.82rem;color:var(--soft);border:1px solid var(--line);border-radius:.3rem;
padding:0 .4rem;margin-left:.25rem;white-space:nowrap}
table{width:100%;border-collapse:collapse;margin:.4rem 0 1rem;font-size:.9rem}
caption{text-align:left;font-size:.88rem;padding-bottom:.35rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:500;font-size:.82rem;padding-bottom:.2rem}
tbody th{font-weight:500}
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.8rem 1rem;margin-bottom:.8rem}
.split{display:grid;grid-template-columns:minmax(0,1.35fr) minmax(0,1fr);gap:0 2rem}
.label{font-size:.82rem;color:var(--soft);margin-bottom:.2rem}
.lane{display:grid;grid-template-columns:11.5rem minmax(0,1fr);align-items:center}
.lane-text{display:flex;flex-wrap:wrap;align-items:baseline;gap:.1rem .55rem;line-height:1.25;font-size:.9rem}
.lane-text b{font-size:.82rem;font-weight:600;min-width:2.9rem}
.whole{white-space:nowrap}
.lane-text.before b{color:var(--soft)}
.lane-text.after b{color:var(--after)}
.p50{font-size:1.05rem;font-weight:600}
.stats{font-size:.78rem;color:var(--soft);white-space:nowrap}
.found{margin-top:.35rem;font-size:.9rem}
svg{display:block;width:100%;overflow:visible}
svg svg{overflow:hidden}
.strip .tick{stroke:var(--line)}
.strip.before .ridge{fill:var(--before-soft)}
.strip.after .ridge{fill:var(--after-soft)}
.strip .range{stroke-width:4}
.strip .median{stroke-width:2}
.strip.before line:not(.tick){stroke:var(--before)}
.strip.after line:not(.tick){stroke:var(--after)}
.strip.before circle{fill:var(--card);stroke:var(--before);stroke-width:1.5}
.strip.after circle{fill:var(--after);stroke:var(--card);stroke-width:.75}
.over{margin-top:.5rem}
.over .after .ridge{fill-opacity:.6}
.axis line{stroke:var(--before)}
.axis text{font-size:11px;fill:var(--soft)}
table.signals{margin:0;font-size:.86rem;table-layout:fixed}
.signals th:first-child{width:5rem;color:var(--soft)}
.signals tr:last-child>*{border-bottom:0}
.signals td{padding-right:.8rem}
.signals th{overflow-wrap:normal}
.delta{margin-top:.15rem;font-size:.85rem}
.bar{margin:.3rem 0 .2rem;border-radius:2px;overflow:hidden}
.bars{margin:.1rem 0 .2rem}
.bars line{stroke:var(--line)}
.bars rect,.bar .time{fill:var(--before)}
.parts span{white-space:nowrap;margin-right:.4rem}
.parts i{display:inline-block;width:.6em;height:.6em;border-radius:1px;margin-right:.3em}
.hit{fill:var(--hit);background:var(--hit)}
.stale{fill:var(--stale);background:var(--stale)}
.miss{fill:var(--miss);background:var(--miss)}
.bypass{fill:var(--bypass);background:var(--bypass)}
.none{fill:var(--none);background:var(--none)}
.bar rect{background:none}
pre{background:var(--tint);border:1px solid var(--line);border-radius:.4rem;padding:.7rem .9rem;margin:.4rem 0 .8rem;
overflow-x:auto;max-height:32rem;font-size:.82rem;line-height:1.45;overflow-wrap:normal}
pre,code{font-family:ui-monospace,"SF Mono",Menlo,"DejaVu Sans Mono","Liberation Mono",monospace}
code{font-size:.86em}
details{border-bottom:1px solid var(--line);padding:.4rem 0}
summary{cursor:pointer}
summary b{margin-right:.2rem}
summary code{color:var(--soft)}
ul{padding-left:1.2rem}
footer{color:var(--soft);font-size:.82rem;margin-top:2.5rem;padding-bottom:2.5rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media (max-width:52rem){.split{grid-template-columns:minmax(0,1fr);gap:.9rem}}
@media (max-width:40rem){
header,main,footer{padding-left:1rem;padding-right:1rem}
header{padding-top:1.2rem}
.line b{display:block;min-width:0;font-size:.82rem}
.facts{grid-template-columns:1fr}
.card{padding:.7rem .75rem}
.lane{grid-template-columns:minmax(0,1fr)}
.lane-text{margin-top:.3rem}
.signals th:first-child{width:4.4rem;font-size:.8rem}
table:not(.signals) thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table:not(.signals),table:not(.signals) caption,table:not(.signals) tbody,table:not(.signals) tr,
table:not(.signals) th,table:not(.signals) td{display:block}
table:not(.signals) tr{border-bottom:1px solid var(--line);padding:.45rem 0}
table:not(.signals) th,table:not(.signals) td{border:0;padding:.08rem 0}
table:not(.signals) td[data-head]:not([data-head=""]):not(:empty){display:grid;
grid-template-columns:6.2rem minmax(0,1fr);
column-gap:.5rem;align-items:baseline}
table:not(.signals) td[data-head]:not([data-head=""]):not(:empty)::before{content:attr(data-head);color:var(--soft);
font-size:.82rem}
}
@media print{
:root{--bg:#fff;--card:#fff}
body{font-size:10.5pt}
.card,tr,pre,h2,h3{break-inside:avoid}
h2,h3{break-after:avoid}
pre{max-height:none;white-space:pre-wrap}
a{color:inherit}
.badge{border:1px solid currentColor}
}
)css";

}  // namespace understudy::report::detail
