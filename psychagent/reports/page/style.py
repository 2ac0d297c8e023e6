"""The look of the HTML report."""

CSS = """
:root {
  --ground: #ffffff; --ink: #1d2733; --soft: #5b6876; --line: #d9dfe6; --tint: #f4f6f9;
  --mark: #21618c; --warn: #8a5a00; --warn-ground: #fff6e0; --stop: #8c1d18; --stop-ground: #fdeceb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14191f; --ink: #e4e9ef; --soft: #9caab8; --line: #313b46; --tint: #1d242c;
    --mark: #7fb8e0; --warn: #f0c674; --warn-ground: #2d2616; --stop: #ff9d94; --stop-ground: #331b1a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; padding-top: .9rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
p { margin: .5rem 0; max-width: 46rem; }
.quiet { color: var(--soft); font-size: .88rem; }
aside { border-left: 4px solid; border-radius: 4px; padding: .7rem 1rem;
  margin: 1rem 0; overflow-wrap: anywhere; }
aside ul { margin: .3rem 0 0; padding-left: 1.1rem; }
.banner { border-color: var(--stop); background: var(--stop-ground); }
.banner strong { color: var(--stop); font-size: 1.1rem; }
.warning { border-color: var(--warn); background: var(--warn-ground); }
.warning strong { color: var(--warn); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr));
  gap: .8rem; margin: 1.2rem 0; }
.card { background: var(--tint); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; }
.label { font-size: .88rem; font-weight: 600; }
.big { font-size: 2.1rem; font-weight: 650; line-height: 1.2;
  color: var(--mark); font-variant-numeric: tabular-nums; }
.range { font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; margin: .8rem 0 1.2rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; border-bottom-width: 2px; vertical-align: bottom; }
td.num { white-space: nowrap; }
.num { text-align: right; }
.word { text-align: left; min-width: 5rem; overflow-wrap: break-word; }
.word:first-child { min-width: 10rem; }
tr.strong td { font-weight: 650; background: var(--tint); }
details { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .8rem; margin: .8rem 0; }
summary { cursor: pointer; font-weight: 600; }
.gallery { display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: .8rem; }
.wide { overflow-x: auto; }
.wide img { min-width: 38rem; }
img { width: 100%; height: auto; display: block; }
@media (max-width: 40rem) {
  main { padding: 1rem .7rem 3rem; }
  table { font-size: .8rem; }
  th, td { padding: .3rem .35rem; }
  .word:first-child { min-width: 7rem; }
  .big { font-size: 1.7rem; }
}
"""
