/** One style for the report, the dossier and the page that verifies: light and dark, screen and paper, no font of its own. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f6f7f9; --ink: #16191f; --quiet: #565e6c; --line: #d5d9e0; --link: #0b57b0;
  --good: #17663a; --good-back: #e5f4ea; --bad: #a11622; --bad-back: #fdeaea; --warn: #7d4a00; --warn-back: #fff2dc;
  --bar-1: #2f6fb7; --bar-2: #8a63b8; --bar-3: #2b8a6a; --bar-4: #b3741b; --bar-5: #767f8d; --bar-bad: #b4232f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --panel: #1c2027; --ink: #e8eaee; --quiet: #a3abb9; --line: #343a45; --link: #8ab8ff;
    --good: #7fd6a2; --good-back: #16301f; --bad: #ff9aa2; --bad-back: #3a191d; --warn: #f2c078; --warn-back: #352712;
    --bar-1: #6ea8ea; --bar-2: #b797e0; --bar-3: #63c2a1; --bar-4: #dca453; --bar-5: #8d96a5; --bar-bad: #ef6b76;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif; overflow-wrap: anywhere; }
main, .bar { max-width: 66rem; margin: 0 auto; padding: 0 1.25rem; }
main { padding-bottom: 4rem; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible, button:focus-visible, input:focus-visible, textarea:focus-visible, select:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { position: static; display: inline-block; padding: .5rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 2rem 0 .25rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 2px solid var(--ink); line-height: 1.25; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
h4 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .5rem 0; max-width: 46rem; }
.lead { color: var(--quiet); margin-top: 0; }
.quiet { color: var(--quiet); }
.small { font-size: .875rem; }
code, .mono { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
pre { white-space: pre-wrap; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: .6rem .75rem; margin: .4rem 0; font: .8125rem/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; max-height: 24rem; overflow: auto; }
.first { border: 1px solid var(--line); border-radius: 8px; margin: 1.25rem 0 0; overflow: hidden; }
.first > div { display: grid; grid-template-columns: 12rem 1fr; gap: 0 1.25rem; padding: .65rem 1rem; border-top: 1px solid var(--line); }
.first > div:first-child { border-top: 0; }
.first dt { font-weight: 600; }
.first dd { margin: 0; }
.first dd p { margin: .15rem 0; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.mark { display: inline-block; font-weight: 650; padding: .05rem .5rem; border-radius: 4px; margin-right: .35rem; border: 1px solid currentColor; }
.mark.good { background: var(--good-back); } .mark.bad { background: var(--bad-back); } .mark.warn { background: var(--warn-back); } .mark.plain { color: var(--quiet); background: var(--panel); }
.row-bad { background: var(--bad-back); }
nav ol { columns: 2; column-gap: 2rem; padding-left: 1.5rem; margin: .5rem 0; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .9375rem; }
caption { text-align: left; color: var(--quiet); padding-bottom: .35rem; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
th, td { overflow-wrap: break-word; } td code, th code { overflow-wrap: anywhere; }
th { font-weight: 600; }
thead th { border-bottom: 1.5px solid var(--ink); font-size: .875rem; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; padding-right: 1rem; white-space: nowrap; }
td.t { white-space: nowrap; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
figure { margin: 1rem 0; }
.first figure { margin: .1rem 0 .3rem; }
figcaption { color: var(--quiet); font-size: .875rem; margin-top: .25rem; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .axis { stroke: var(--line); }
.s1 { fill: var(--bar-1); background: var(--bar-1); } .s2 { fill: var(--bar-2); background: var(--bar-2); } .s3 { fill: var(--bar-3); background: var(--bar-3); } .s4 { fill: var(--bar-4); background: var(--bar-4); } .s5 { fill: var(--bar-5); background: var(--bar-5); } .s0 { fill: var(--bar-bad); background: var(--bar-bad); }
.columns { columns: 18rem; column-gap: 2rem; padding-left: 1.1rem; font-size: .875rem; } .columns li { break-inside: avoid; }
.legend { list-style: none; padding: 0; margin: .25rem 0; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; font-size: .875rem; }
.legend span { display: inline-block; width: .75rem; height: .75rem; border-radius: 2px; margin-right: .35rem; vertical-align: -.05rem; }
.steps { list-style: none; padding: 0; margin: .75rem 0; border-left: 2px solid var(--line); }
.steps > li { padding: .1rem 0 .6rem 1rem; position: relative; }
.steps > li::before { content: ""; position: absolute; left: -.4rem; top: .6rem; width: .65rem; height: .65rem; border-radius: 50%; background: var(--bar-5); border: 2px solid var(--page); }
.steps > li.is-exception::before { background: var(--bar-bad); } .steps > li.is-review::before { background: var(--bar-2); } .steps > li.is-decision::before { background: var(--bar-1); }
.steps .when { color: var(--quiet); font-size: .8125rem; font-variant-numeric: tabular-nums; }
details { margin: .35rem 0; } summary { cursor: pointer; }
.decision { border: 1px solid var(--line); border-radius: 8px; padding: .25rem 1.25rem 1rem; margin: 1rem 0; }
.decision[hidden] { border: 0; padding: 0; margin: 0; }
.decision:target { display: block; content-visibility: visible; border: 1px solid var(--link); padding: .25rem 1.25rem 1rem; margin: 1rem 0; }
.note { background: var(--panel); border-left: 4px solid var(--line); padding: .6rem .9rem; margin: 1rem 0; max-width: 50rem; }
.note.bad { background: var(--bad-back); border-color: var(--bad); color: var(--ink); } .note.warn { background: var(--warn-back); border-color: var(--warn); color: var(--ink); }
@media (max-width: 44rem) {
  .first > div { grid-template-columns: 1fr; } nav ol { columns: 1; } h1 { font-size: 1.45rem; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --panel: #f4f4f4; --ink: #000; --quiet: #444; --line: #bbb; --link: #000; --good: #0a4f28; --good-back: #fff; --bad: #8a0f1a; --bad-back: #fff; --warn: #6a3e00; --warn-back: #fff; --bar-1: #2f6fb7; --bar-2: #8a63b8; --bar-3: #2b8a6a; --bar-4: #b3741b; --bar-5: #767f8d; --bar-bad: #b4232f; }
  svg, .legend span, .steps > li::before { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  caption { break-after: avoid; }
  @page { margin: 18mm 16mm; }
  body { font-size: 10.5pt; } main { max-width: none; padding: 0; } nav, .skip, .screen { display: none; }
  h2, h3, h4 { break-after: avoid; } tr, figure, .first > div, .steps > li { break-inside: avoid; } pre { max-height: none; }
  .decision { break-before: page; border: 0; padding: 0; } .decision[hidden] { display: block; content-visibility: visible; }
  a { text-decoration: none; } thead { display: table-header-group; }
}
`;
