"""Style and script of the denoising viewer.

The style sets every colour itself: a notebook's theme may be light or dark. It outweighs a notebook's rules for lists
and tables by `:not(#x)`, which counts as an id without being one.
"""

STYLE = """
.textdiff-viewer:not(#x){--ink:#111;--soft:#4d4d4d;--paper:#fff;--line:#767676;background:var(--paper);
color:var(--ink);color-scheme:light;forced-color-adjust:none;border:1px solid var(--line);border-radius:4px;
margin:8px 0;padding:10px 12px;font:14px/1.35 system-ui,sans-serif;max-width:64em;text-align:left;box-sizing:border-box}
.textdiff-viewer:not(#x) *{box-sizing:border-box}
.textdiff-viewer:not(#x) :is(figcaption,p,summary,strong,em,b){color:var(--ink);background:none}
.textdiff-viewer:not(#x) p{margin:4px 0}
.textdiff-viewer:not(#x) details>div{overflow-x:auto;margin-top:6px}
.textdiff-viewer:not(#x) summary{cursor:pointer;font-size:12px}
.textdiff-viewer:not(#x) table{border-collapse:collapse;margin:0;font-size:12px;color:var(--ink);table-layout:auto}
.textdiff-viewer:not(#x) :is(tr,th,td){background:var(--paper);color:var(--ink)}
.textdiff-viewer:not(#x) :is(th,td){border:1px solid #bbb;padding:2px 6px;text-align:left;white-space:nowrap;
font-size:12px;max-width:none;vertical-align:top}
.textdiff-viewer:not(#x) th{font-weight:400;color:var(--soft)}
.textdiff-viewer:not(#x) .controls{display:flex;align-items:center;gap:8px;margin:8px 0 2px}
.textdiff-viewer:not(#x) label{display:flex;align-items:center;gap:8px;flex:0 1 34em;min-width:0;color:var(--ink)}
.textdiff-viewer:not(#x) input{flex:1;min-width:4em;margin:0;accent-color:var(--ink);cursor:pointer}
.textdiff-viewer:not(#x) button{font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--ink);
border-radius:3px;min-width:4.5em;padding:2px 8px;cursor:pointer}
.textdiff-viewer:not(#x) :is(button,input,summary):focus-visible{outline:3px solid var(--ink);outline-offset:2px}
.textdiff-viewer:not(#x) .status{font-weight:600;font-variant-numeric:tabular-nums;min-height:1.4em}
.textdiff-viewer:not(#x) ol{display:grid;gap:6px;
grid-template-columns:repeat(auto-fill,minmax(var(--wide),1fr));list-style:none;margin:8px 0;padding:0}
.textdiff-viewer:not(#x) ol.hiding li{min-height:6.9em}
.textdiff-viewer:not(#x) li{margin:0;padding:2px 5px 4px;min-width:0;border:1px solid var(--line);
border-radius:3px;outline:2px solid transparent;outline-offset:-2px;background:var(--paper);color:var(--ink);
display:flex;flex-direction:column}
.textdiff-viewer:not(#x) li.new{border-color:var(--ink);outline-color:var(--ink)}
.textdiff-viewer:not(#x) li.hidden{border-style:dashed}
.textdiff-viewer:not(#x) .place{display:flex;justify-content:space-between;gap:8px;font-size:11px;color:var(--soft)}
.textdiff-viewer:not(#x) .new .place{color:var(--ink);font-weight:700}
.textdiff-viewer:not(#x) .word{font-size:15px;line-height:1.4;min-height:1.4em;white-space:pre-wrap;
overflow-wrap:anywhere}
.textdiff-viewer:not(#x) .new .word{font-weight:700}
.textdiff-viewer:not(#x) .hidden .word{margin:1px 0;border-radius:2px;
background:repeating-linear-gradient(135deg,#8a8a8a 0 1.5px,#fff 1.5px 6px)}
.textdiff-viewer:not(#x) .chance{font-size:12px;font-variant-numeric:tabular-nums;color:var(--ink)}
.textdiff-viewer:not(#x) .guess{display:flex;justify-content:space-between;gap:8px;font-size:12px;line-height:1.3;
color:var(--soft);font-variant-numeric:tabular-nums;white-space:pre-wrap;overflow-wrap:anywhere}
.textdiff-viewer:not(#x) .guess span+span{white-space:nowrap}
.textdiff-viewer:not(#x) .bar{display:block;height:7px;margin-top:2px;border:1px solid var(--ink);
background:var(--paper)}
.textdiff-viewer:not(#x) .bar i{display:block;height:100%;background:var(--ink)}
.textdiff-viewer:not(#x) .legend{font-size:12px;color:var(--soft)}
@media print{.textdiff-viewer:not(#x) .controls{display:none}}
"""

SCRIPT = """
(root => {
  if (root === null) return;
  const {words, captions, cells} = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const last = cells.length - 1;
  const frames = [];
  for (const row of cells) {
    const before = frames[frames.length - 1];
    frames.push(row.map((cell, i) => cell === 0 ? before[i].slice(0, 2) : cell));
  }
  const make = (tag, name, text, ...children) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text) element.textContent = text;
    element.append(...children);
    return element;
  };
  // a page saved from a browser holds what the script has made
  for (const old of root.querySelectorAll(".live")) old.remove();

  const status = make("p", "status");
  status.setAttribute("aria-live", "polite");
  const slider = make("input");
  slider.type = "range";
  slider.min = 0;
  slider.max = last;
  slider.step = 1;
  slider.value = 0;
  const play = make("button", "", "Play");
  play.type = "button";
  const boxes = make("ol");
  boxes.setAttribute("aria-label", "places");
  // all boxes are as wide as the longest word needs, in every step: nothing moves but the words
  const longest = Math.max(...words.map(word => word.length));
  boxes.style.setProperty("--wide", Math.min(Math.max(88, 9 * longest + 14), 132) + "px");
  const hides = frames.some(row => row.some(cell => Array.isArray(cell[0])));
  boxes.classList.toggle("hiding", hides);
  const legend = make("p", "legend", "Per cent and bar: the probability of the word. Bold frame: new in this step." +
    (hides ? " Hatched: hidden, with the likeliest words." : "") + " Arrow keys, Home and End move.");
  const live = make("div", "live", "", make("div", "controls", "", make("label", "", "Step ", slider), play),
    status, boxes, legend);
  live.dir = "ltr";
  // JupyterLab's own arrow keys rest while the viewer has the focus
  live.setAttribute("data-lm-suppress-shortcuts", "true");

  const bar = chance => {
    const fill = make("i");
    fill.style.width = chance.replace(/[<>]/, "");
    return make("span", "bar", "", fill);
  };
  const box = (cell, place) => {
    const hidden = Array.isArray(cell[0]);
    const fresh = !hidden && cell[2] === 1;
    const head = make("span", "place", "", make("span", "", String(place)),
      make("span", "", hidden ? "hidden" : fresh ? "new" : ""));
    const item = make("li", hidden ? "hidden" : fresh ? "new" : "", "", head);
    if (hidden) {
      item.append(make("span", "word"));
      for (const [word, chance] of cell[0])
        item.append(make("span", "guess", "", make("span", "", words[word]), " ", make("span", "", chance)));
    } else {
      item.append(make("span", "word", words[cell[0]]));
      if (cell[1]) item.append(make("span", "chance", cell[1]), bar(cell[1]));
    }
    return item;
  };
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };
  const show = step => {
    const k = Math.min(Math.max(step, 0), last);
    slider.value = k;
    slider.setAttribute("aria-valuetext", captions[k]);
    status.textContent = captions[k];
    boxes.replaceChildren(...frames[k].map(box));
    if (k === last) stop();
  };
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    show(Number(slider.value) === last ? 0 : Number(slider.value) + 1);
    if (Number(slider.value) === last) return;
    play.textContent = "Pause";
    timer = setInterval(() => show(Number(slider.value) + 1), 700);
  });
  boxes.addEventListener("click", () => slider.focus());
  live.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const now = Number(slider.value);
    const moves = {ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last};
    if (!(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    stop();
    show(moves[event.key]);
  });
  root.querySelector("p").hidden = true;
  root.querySelector("details").before(live);
  show(0);
})(document.currentScript?.closest(".textdiff-viewer")
  // some front ends run a script elsewhere than it stands
  ?? document.querySelector(".textdiff-viewer:not(:has(.live))"));
"""
