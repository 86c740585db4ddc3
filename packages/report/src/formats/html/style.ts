/** The look of the page. Colours are those of the severities; dark and light follow the reader's system. */
export const style = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1b2230;--faint:#647084;--line:#dfe3ea;--accent:#2f5bd7;--code:#f2f4f8;--mark:#fff1c9;--add:#e3f6e6;
--critical:#8e24aa;--high:#d32f2f;--medium:#c96a00;--low:#1976d2;--good:#2e7d32;--skip:#7a8496}
@media (prefers-color-scheme:dark){:root{--bg:#11151c;--card:#1a202b;--text:#e6eaf1;--faint:#98a3b6;--line:#2d3644;--accent:#8fb0ff;--code:#131922;--mark:#4a3a0c;--add:#143420;
--critical:#ce7be6;--high:#ff7b72;--medium:#f0a04b;--low:#6cb2ff;--good:#66c07a;--skip:#98a3b6}}
*{box-sizing:border-box}
html{scroll-padding-top:4.5rem}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,.bar>div{max-width:1180px;margin:0 auto;padding:0 1.25rem}
header{max-width:1180px;margin:0 auto;padding:2rem 1.25rem 1rem}
h1{font-size:1.6rem;margin:0 0 .2rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2rem 0 .75rem}
p{margin:.4rem 0}
a{color:var(--accent);text-decoration:none}
a:hover{text-decoration:underline}
.faint{color:var(--faint)}
.cards{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:.75rem;margin-top:1.25rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.9rem 1rem}
.card b{display:block;font-size:1.7rem;line-height:1.2;font-weight:650}
.card.score{display:flex;gap:.9rem;align-items:center;grid-column:span 2}
.card.score svg{flex:none}
.ring{fill:none;stroke-width:9}
.ring.track{stroke:var(--line)}.ring.value{stroke:var(--good);stroke-linecap:round}
.ring.value.mid{stroke:var(--medium)}.ring.value.bad{stroke:var(--high)}
.Critical b,.t-Critical{color:var(--critical)}.High b,.t-High{color:var(--high)}.Medium b,.t-Medium{color:var(--medium)}.Low b,.t-Low{color:var(--low)}
.bar{position:sticky;top:0;z-index:2;background:var(--bg);border-bottom:1px solid var(--line);margin-top:1.25rem}
.bar>div{display:flex;flex-wrap:wrap;gap:.5rem .75rem;align-items:center;padding-top:.6rem;padding-bottom:.6rem}
.bar nav{display:flex;gap:.9rem;margin-right:auto;flex-wrap:wrap}
input,select,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:7px;padding:.3rem .6rem}
input[type=search]{width:15rem;max-width:100%}
button{cursor:pointer}
button[aria-pressed=false]{opacity:.4;text-decoration:line-through}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
table{width:100%;border-collapse:collapse;background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden}
th,td{text-align:left;padding:.45rem .8rem;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
thead th{border-top:0;color:var(--faint);font-weight:500;font-size:.86rem}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
progress{appearance:none;-webkit-appearance:none;width:100%;min-width:90px;height:.5rem;border:0;border-radius:9px;overflow:hidden;background:var(--line);vertical-align:middle}
progress::-webkit-progress-bar{background:var(--line)}progress::-webkit-progress-value{background:var(--good)}progress::-moz-progress-bar{background:var(--good)}
progress.mid::-webkit-progress-value{background:var(--medium)}progress.mid::-moz-progress-bar{background:var(--medium)}
progress.bad::-webkit-progress-value{background:var(--high)}progress.bad::-moz-progress-bar{background:var(--high)}
details{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:.5rem 0}
summary{cursor:pointer;padding:.6rem .9rem;display:flex;gap:.7rem;align-items:baseline;list-style:none}
summary::-webkit-details-marker{display:none}
summary::before{content:"›";color:var(--faint);transition:transform .15s;align-self:center;font-size:1.2rem;line-height:1}
details[open]>summary::before{transform:rotate(90deg)}
summary .grow{flex:1;min-width:0;overflow-wrap:anywhere}
.body{padding:.2rem 1rem .9rem;border-top:1px solid var(--line)}
.badge{display:inline-block;min-width:4.6rem;text-align:center;border:1px solid currentColor;border-radius:99px;padding:0 .55rem;font-size:.8rem;font-weight:600;white-space:nowrap}
.counts{display:flex;gap:.35rem;flex:none}
.counts span{font-size:.82rem;font-weight:650;border-radius:6px;padding:0 .42rem;border:1px solid currentColor;font-variant-numeric:tabular-nums}
.finding{border-top:1px dashed var(--line);padding:.7rem 0 .3rem}
.finding:first-child{border-top:0}
.finding h3{font-size:.97rem;margin:0 0 .2rem;font-weight:600;display:flex;gap:.6rem;align-items:baseline;flex-wrap:wrap}
.finding ul{margin:.2rem 0;padding-left:1.2rem}
pre{margin:.4rem 0;background:var(--code);border:1px solid var(--line);border-radius:8px;padding:.4rem 0;overflow-x:auto;font:12.5px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;tab-size:2}
pre span{display:block;padding:0 .8rem;white-space:pre;min-width:max-content}
pre .m{background:var(--mark)}pre .a{background:var(--add)}pre .c{color:var(--faint)}
code{font:.86em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--code);border-radius:4px;padding:.05rem .3rem;overflow-wrap:anywhere}
.chips{display:flex;flex-wrap:wrap;gap:.3rem}
.chips a{border:1px solid var(--line);border-radius:6px;padding:0 .45rem;font-size:.86rem}
.empty{padding:1rem;color:var(--faint)}
[hidden]{display:none!important}
footer{max-width:1180px;margin:2.5rem auto;padding:0 1.25rem;color:var(--faint);font-size:.86rem}
@media (max-width:640px){.cards{grid-template-columns:repeat(2,minmax(0,1fr))}summary{flex-wrap:wrap}.bar{position:static}html{scroll-padding-top:0}}
@media print{.bar{display:none}details{break-inside:avoid}body{background:#fff}}
`;
