'use strict';
// The page's script: draws the figures from their JSON, sorts tables, walks them by keyboard, makes files of them, and brings what a
// link names into view. It makes no network request and evaluates no text; all text goes into the page as text.
(function () {
  const root = document.documentElement;
  root.classList.add('js');
  const figures = JSON.parse(document.getElementById('figures').textContent);
  const charts = new Map();
  const still = matchMedia('(prefers-reduced-motion: reduce)');

  // Options name colours as CSS variables ("var(--blue)"), so that one set serves light and dark.
  function resolve(value, style) {
    if (typeof value === 'string') {
      const m = /^var\((--[a-z]+)\)$/.exec(value);
      return m ? style.getPropertyValue(m[1]).trim() : value;
    }
    if (Array.isArray(value)) return value.map(v => resolve(v, style));
    if (value && typeof value === 'object') {
      const out = {};
      for (const k of Object.keys(value)) out[k] = resolve(value[k], style);
      return out;
    }
    return value;
  }

  function optionsOf(figure, view) {
    const style = getComputedStyle(root);
    const o = resolve(view ? figure.views[view - 1].options : figure.options, style);
    o.animation = false;
    o.textStyle = Object.assign({ fontFamily: 'system-ui, sans-serif', color: style.getPropertyValue('--fg').trim() }, o.textStyle);
    // Tooltips are rich text: HTML ones would need inline styles, which the page's policy forbids.
    o.tooltip = Object.assign({
      renderMode: 'richText', confine: true, trigger: 'item',
      backgroundColor: style.getPropertyValue('--bg').trim(), borderColor: style.getPropertyValue('--muted').trim(),
      textStyle: { color: style.getPropertyValue('--fg').trim(), fontSize: 12 },
    }, o.tooltip);
    o.tooltip.formatter = p => (p.data && p.data.tip) || cellTip(o, p);
    return o;
  }

  // Cells of a heat map carry no text of their own: there are thousands.
  function cellTip(o, p) {
    if (p.seriesType !== 'heatmap') return '';
    const [x, y, v, n] = p.value;
    return o.yAxis[0].data[y] + ' and ' + o.xAxis[0].data[x] + ': ' + v.toFixed(2) + (n === undefined ? '' : ' (n = ' + n + ')');
  }

  function draw(holder) {
    const id = holder.dataset.figure, figure = figures[id];
    const chart = echarts.init(holder.querySelector('.canvas'), null, { renderer: 'canvas' });
    const state = { chart, figure, holder, view: 0 };
    state.refit = () => { equalise(state); if (state.place) state.place(); };
    charts.set(id, state);
    show(state, 0);
    const data = figure.data || {};
    if (data.axes) addToggles(state, data.axes);
    if (data.cards) sdmapMap(state);
  }

  function show(state, view) {
    state.view = view;
    state.chart.setOption(optionsOf(state.figure, view), { notMerge: true });
    state.refit();
  }

  // Distances on a map mean something, so both axes get the same unit: the box to show is widened in one direction.
  function equalise(state) {
    const data = state.view ? state.figure.views[state.view - 1].data : state.figure.data;
    if (!data || !data.equal) return;
    flatten(state, data.equal);
    const w = state.chart.getWidth() - 80, h = state.chart.getHeight() - 64, tidy = v => Number(v.toPrecision(4));
    const [x0, x1, y0, y1] = (state.window || whole)(data.equal, w, h).map(tidy);
    state.chart.setOption({ xAxis: [{ min: x0, max: x1 }], yAxis: [{ min: y0, max: y1 }] });
  }

  // On a narrow page a map as high as on a wide one would be empty above and below.
  function flatten(state, [x0, x1, y0, y1]) {
    const w = state.chart.getWidth(), full = Number(/ h(\d+)/.exec(state.holder.className)[1]);
    const height = Math.round(Math.min(full, (w - 80) * (y1 - y0) / (x1 - x0) * 1.15 + 64)) + 'px';
    if (state.holder.style.height === height) return;
    state.holder.style.height = height;
    state.chart.resize();
  }

  function whole([x0, x1, y0, y1], w, h) {
    const unit = Math.max((x1 - x0) / w, (y1 - y0) / h), cx = (x0 + x1) / 2, cy = (y0 + y1) / 2;
    return [cx - unit * w / 2, cx + unit * w / 2, cy - unit * h / 2, cy + unit * h / 2];
  }

  // A satellite's series has its axis as name; the legend component is there to switch it, but not shown.
  function addToggles(state, axes) {
    const bar = document.createElement('div');
    bar.className = 'toggles';
    bar.setAttribute('role', 'group');
    bar.setAttribute('aria-label', 'Shown on the map');
    for (const axis of axes) {
      const b = document.createElement('button');
      b.type = 'button';
      b.className = axis.id;
      b.textContent = axis.title;
      b.setAttribute('aria-pressed', String(axis.on));
      b.addEventListener('click', () => {
        const on = b.getAttribute('aria-pressed') !== 'true';
        b.setAttribute('aria-pressed', String(on));
        state.chart.dispatchAction({ type: on ? 'legendSelect' : 'legendUnSelect', name: axis.id });
      });
      bar.append(b);
    }
    state.holder.after(bar);
    state.reapply = () => bar.querySelectorAll('button').forEach(b => state.chart.dispatchAction({
      type: b.getAttribute('aria-pressed') === 'true' ? 'legendSelect' : 'legendUnSelect', name: b.className }));
  }

  function addViews() {
    for (const group of document.querySelectorAll('.views')) {
      const holder = group.parentElement.querySelector('.chart');
      group.addEventListener('click', e => {
        const b = e.target.closest('button');
        if (!b) return;
        group.querySelectorAll('button').forEach(x => x.setAttribute('aria-pressed', String(x === b)));
        show(charts.get(holder.dataset.figure), Number(b.dataset.view));
      });
    }
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((th, column) => {
      const b = document.createElement('button');
      b.type = 'button';
      b.textContent = th.textContent;
      th.replaceChildren(b);
      b.addEventListener('click', () => {
        const down = th.getAttribute('aria-sort') !== 'descending';
        heads.forEach(x => x.removeAttribute('aria-sort'));
        th.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        const value = row => {
          const c = row.cells[column];
          return c.dataset.value === undefined ? c.textContent : Number(c.dataset.value);
        };
        const sign = down ? -1 : 1;
        const rows = [...table.tBodies[0].rows].sort((p, q) => {
          const a = value(p), b = value(q);
          if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
          return a < b ? -sign : a > b ? sign : 0;
        });
        table.tBodies[0].append(...rows);
      });
    });
  }

  // A table is one stop of the Tab key: inside, arrow keys go from link to link, and from heading to heading.
  function walkable(table) {
    const stops = () => [...table.querySelectorAll('a, button')];
    stops().forEach((e, i) => { e.tabIndex = i ? -1 : 0; });
    const enter = e => { stops().forEach(x => { x.tabIndex = x === e ? 0 : -1; }); e.focus(); };
    table.addEventListener('keydown', e => {
      const all = stops(), at = all.indexOf(document.activeElement);
      const row = at < 0 ? null : all[at].closest('tr'), column = at < 0 ? -1 : all[at].closest('td, th').cellIndex;
      let next;
      if (e.key === 'ArrowRight') next = all[at + 1];
      else if (e.key === 'ArrowLeft') next = all[at - 1];
      else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
        const rows = [...table.rows], step = e.key === 'ArrowDown' ? 1 : -1;
        for (let r = rows.indexOf(row) + step; rows[r] && !next; r += step) {
          next = rows[r].cells[column] && rows[r].cells[column].querySelector('a, button');
        }
      } else return;
      if (at < 0 || !next) return;
      e.preventDefault();
      enter(next);
    });
  }

  // A reviewer may have only this file: what the tables' files hold is in the page, so that it can be had from there.
  const quoted = text => /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  const harmless = text => text !== '' && isFinite(text) ? text : text.replace(/(^|;)(\s*[=+\-@＝＋－＠])/g, "$1'$2");
  function valueOf(cell) {
    if (cell.dataset.name !== undefined) return cell.dataset.name;
    if (cell.dataset.value !== undefined) return cell.dataset.value;
    if (cell.dataset.whole !== undefined) return cell.dataset.whole;
    return cell.textContent === '–' ? '' : cell.textContent;
  }
  const csv = table => [...table.rows].map(r => [...r.cells].map(c => quoted(harmless(valueOf(c)))).join(',') + '\n').join('');
  function download(e) {
    const link = e.target.closest('a[download]'), table = link && link.closest('table');
    if (!table) return;
    e.preventDefault();
    const file = URL.createObjectURL(new Blob([csv(table)], { type: 'text/csv' }));
    const a = document.createElement('a');
    a.href = file;
    a.download = link.getAttribute('download');
    a.click();
    setTimeout(() => URL.revokeObjectURL(file), 1000);
  }

  // A link into a closed disclosure opens it; what it names comes into view whole, under no heading that stays.
  function reveal() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let d = target && target.closest('details'); d; d = d.parentElement.closest('details')) d.open = true;
    if (target) target.scrollIntoView({ block: target.closest('tbody') ? 'center' : 'start' });
  }

  const holders = [...document.querySelectorAll('.chart')];
  const seen = new IntersectionObserver(entries => {
    for (const e of entries) if (e.isIntersecting) { seen.unobserve(e.target); draw(e.target); }
  }, { rootMargin: '600px' });
  holders.forEach(h => seen.observe(h));
  addViews();
  document.querySelectorAll('table.sortable').forEach(sortable);
  document.querySelectorAll('.table table').forEach(walkable);
  addEventListener('click', download);
  addEventListener('hashchange', reveal);
  if (location.hash) reveal();
  const redraw = () => charts.forEach(s => show(s, s.view));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  new ResizeObserver(() => charts.forEach(s => { s.chart.resize(); s.refit(); })).observe(document.getElementById('main'));
  window.sdmap = { charts, csv };
})();
