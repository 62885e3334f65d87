'use strict';
// What the map answers to: the nearest benchmark is under the pointer wherever it stands, its card opens beside the map, its threads
// alone stay bright, a click keeps it, Escape lets go; a name finds a benchmark, buttons or dragging move the map. Everything
// can be done by keyboard.
window.sdmapMap = function (state, still) {
  const { holder, chart, figure } = state;
  const cards = figure.data.cards, axes = figure.data.axes.map(a => a.id).filter(id => id !== 'ellipses');
  const reach = 60; // pixels within which the pointer finds a benchmark
  const view = { zoom: 1, at: null, unit: 1 }; // at: centre, if not the map's own; unit: of the map in a pixel
  let pinned = -1, shown = -1;

  const make = (tag, name, text) => {
    const e = document.createElement(tag);
    if (name) e.className = name;
    if (text !== undefined) e.textContent = text;
    if (tag === 'button') e.type = 'button';
    return e;
  };

  // The four threads of one benchmark over all others, which fade.
  function isolate(i) {
    const option = chart.getOption(), series = [];
    for (const id of axes) {
      const threads = option.series.find(s => s.id === 'threads-' + id), ends = option.series.find(s => s.id === 'satellites-' + id);
      if (!threads || !ends) continue;
      series.push({ id: threads.id, lineStyle: { opacity: i < 0 ? 0.45 : 0.08 } }, { id: ends.id, itemStyle: { opacity: i < 0 ? 0.7 : 0.12 } });
      series.push({
        id: 'chosen-' + id, name: id, type: 'line', silent: true, showSymbol: true, symbolSize: [7, 7], z: 9,
        color: threads.lineStyle.color, lineStyle: { width: 2, color: threads.lineStyle.color },
        data: i < 0 ? [] : [threads.data[3 * i], threads.data[3 * i + 1]],
      });
    }
    chart.setOption({ series });
  }

  const card = make('div', 'card');
  card.setAttribute('aria-live', 'polite');
  const hint = 'Point at a benchmark, find it by name, or step through them with the arrow keys, to read its card. A click keeps it, Escape lets go.';

  function tell(i) {
    if (i === shown) return;
    if (shown >= 0) chart.dispatchAction({ type: 'downplay', seriesId: cards[shown].series, dataIndex: cards[shown].index });
    shown = i;
    isolate(i);
    card.replaceChildren();
    card.classList.toggle('pinned', i >= 0 && i === pinned);
    if (i < 0) { card.textContent = hint; return; }
    const c = cards[i];
    chart.dispatchAction({ type: 'highlight', seriesId: c.series, dataIndex: c.index });
    const list = make('ul');
    c.lines.forEach(line => list.append(make('li', '', line)));
    card.append(make('b', '', c.title), list);
    if (document.getElementById('card-' + c.id)) {
      const a = make('a', 'evidence', 'its signature and items');
      a.href = '#card-' + encodeURIComponent(c.id);
      card.append(a);
    }
  }

  function pin(i) {
    pinned = i;
    dots.forEach((d, k) => d.setAttribute('aria-pressed', String(k === i)));
    shown = shown === i ? -2 : shown;
    tell(i);
  }

  // One benchmark is in the order of the Tab key; arrow keys go on from there, by place.
  const dots = cards.map((c, i) => {
    const b = make('button', 'dot');
    b.tabIndex = i ? -1 : 0;
    b.setAttribute('aria-label', c.title);
    b.setAttribute('aria-pressed', 'false');
    b.addEventListener('focus', () => {
      dots.forEach(d => { d.tabIndex = d === b ? 0 : -1; });
      tell(i);
    });
    b.addEventListener('click', e => { e.stopPropagation(); pin(pinned === i ? -1 : i); });
    holder.append(b);
    return b;
  });
  const centre = i => [parseFloat(dots[i].style.left), parseFloat(dots[i].style.top)];

  function nearest(x, y, limit, accept) {
    let best = -1, least = limit * limit;
    dots.forEach((d, i) => {
      const [px, py] = centre(i), r = (px - x) ** 2 + (py - y) ** 2;
      if (r < least && (!accept || accept(px - x, py - y))) { best = i; least = r; }
    });
    return best;
  }

  const towards = {
    ArrowRight: (dx, dy) => dx > 0 && dx >= Math.abs(dy), ArrowLeft: (dx, dy) => dx < 0 && -dx >= Math.abs(dy),
    ArrowDown: (dx, dy) => dy > 0 && dy >= Math.abs(dx), ArrowUp: (dx, dy) => dy < 0 && -dy >= Math.abs(dx),
  };
  holder.addEventListener('keydown', e => {
    const at = dots.indexOf(document.activeElement);
    if (e.key === 'Escape') { pin(-1); return; }
    if (at < 0 || !towards[e.key]) return;
    e.preventDefault();
    const next = nearest(...centre(at), Infinity, towards[e.key]);
    if (next >= 0) dots[next].focus();
  });

  const inside = e => { const r = holder.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
  let drag = null;
  holder.addEventListener('pointerdown', e => {
    if (e.button) return;
    drag = { x: e.clientX, y: e.clientY, at: view.at, moved: false };
  });
  addEventListener('pointerup', () => { drag = null; });
  holder.addEventListener('pointermove', e => {
    if (drag && drag.at) {
      const x = e.clientX - drag.x, y = e.clientY - drag.y;
      if (drag.moved || Math.hypot(x, y) > 4) {
        drag.moved = true;
        view.at = [drag.at[0] - x * view.unit, drag.at[1] + y * view.unit];
        state.refit();
      }
      return;
    }
    if (pinned < 0 && e.pointerType !== 'touch') tell(nearest(...inside(e), reach));
  });
  holder.addEventListener('pointerleave', () => { if (pinned < 0) tell(-1); });
  holder.addEventListener('click', e => { if (!drag || !drag.moved) pin(nearest(...inside(e), reach)); });
  holder.addEventListener('wheel', e => {
    if (!e.ctrlKey) return; // the page scrolls
    e.preventDefault();
    zoomBy(e.deltaY < 0 ? 1.25 : 0.8);
  }, { passive: false });

  function zoomBy(factor) {
    view.zoom = factor ? Math.min(40, Math.max(1, view.zoom * factor)) : 1;
    if (view.zoom === 1) view.at = null;
    else if (pinned >= 0) view.at = points()[pinned].at;
    state.refit();
  }

  const bar = make('div', 'tools');
  const find = make('input');
  find.type = 'search';
  find.placeholder = 'Find a benchmark';
  find.setAttribute('aria-label', 'Find a benchmark on the map');
  const list = make('datalist');
  list.id = 'benchmarks-of-' + holder.dataset.figure;
  cards.forEach(c => { const o = make('option'); o.value = c.title; list.append(o); });
  find.setAttribute('list', list.id);
  find.addEventListener('input', () => {
    const text = find.value.trim().toLowerCase();
    const i = text ? cards.findIndex(c => c.title.toLowerCase() === text || c.id.toLowerCase() === text) : -1;
    if (i >= 0 || !text) pin(i);
  });
  bar.append(find, list);
  for (const [text, label, factor] of [['+', 'Zoom in', 1.5], ['−', 'Zoom out', 1 / 1.5], ['Whole map', 'Show the whole map', 0]]) {
    const b = make('button', '', text);
    b.setAttribute('aria-label', label);
    b.addEventListener('click', () => zoomBy(factor));
    bar.append(b);
  }
  holder.before(bar);
  (holder.nextElementSibling || holder).after(card);
  card.textContent = hint;

  // The window that the map shows, given the one that holds it all.
  state.window = ([x0, x1, y0, y1], w, h) => {
    view.unit = Math.max((x1 - x0) / w, (y1 - y0) / h) / view.zoom;
    if (view.zoom > 1 && !view.at) view.at = [(x0 + x1) / 2, (y0 + y1) / 2];
    const [cx, cy] = view.at || [(x0 + x1) / 2, (y0 + y1) / 2], half = view.unit / 2;
    return [cx - half * w, cx + half * w, cy - half * h, cy + half * h];
  };
  const points = () => (state.view ? figure.views[state.view - 1].data : figure.data).cards;
  state.place = () => {
    const w = chart.getWidth(), h = chart.getHeight();
    points().forEach((c, i) => {
      const p = chart.convertToPixel({ gridIndex: 0 }, c.at);
      if (!p || !isFinite(p[0])) return;
      dots[i].style.left = p[0] + 'px';
      dots[i].style.top = p[1] + 'px';
      dots[i].hidden = p[0] < 0 || p[1] < 0 || p[0] > w || p[1] > h;
    });
    if (state.reapply) state.reapply();
    if (shown >= 0) isolate(shown);
  };
  state.place();
};
