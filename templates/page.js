'use strict';
// The page's script: draws the figures from their JSON, and gives every benchmark on the map a real button. It makes no
// network request and evaluates no text; all text goes into the page as text.
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
    const [x, y, v] = p.value;
    return o.yAxis[0].data[y] + ' and ' + o.xAxis[0].data[x] + ': ' + v.toFixed(2);
  }

  function draw(holder) {
    const id = holder.dataset.figure, figure = figures[id];
    const chart = echarts.init(holder.querySelector('.canvas'), null, { renderer: 'canvas' });
    const state = { chart, figure, holder, view: 0 };
    charts.set(id, state);
    show(state, 0);
    const data = figure.data || {};
    if (data.axes) addToggles(state, data.axes);
    if (data.cards) addDots(state, data.cards);
  }

  function show(state, view) {
    state.view = view;
    state.chart.setOption(optionsOf(state.figure, view), { notMerge: true });
    equalise(state);
    if (state.place) state.place();
  }

  // Distances on a map mean something, so both axes get the same unit: the box to show is widened in one direction.
  function equalise(state) {
    const data = state.view ? state.figure.views[state.view - 1].data : state.figure.data;
    if (!data || !data.equal) return;
    const [x0, x1, y0, y1] = data.equal;
    const w = state.chart.getWidth() - 80, h = state.chart.getHeight() - 64;
    const unit = Math.max((x1 - x0) / w, (y1 - y0) / h);
    const cx = (x0 + x1) / 2, cy = (y0 + y1) / 2, tidy = v => Number(v.toFixed(3));
    state.chart.setOption({
      xAxis: [{ min: tidy(cx - unit * w / 2), max: tidy(cx + unit * w / 2) }],
      yAxis: [{ min: tidy(cy - unit * h / 2), max: tidy(cy + unit * h / 2) }],
    });
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

  function addDots(state, cards) {
    const card = document.createElement('div');
    card.className = 'card';
    card.setAttribute('aria-live', 'polite');
    const hint = 'Point at a benchmark, or step through them with the Tab key, to read its card.';
    card.textContent = hint;
    (state.holder.nextElementSibling || state.holder).after(card);
    const dots = cards.map(c => {
      const b = document.createElement('button');
      b.type = 'button';
      b.className = 'dot';
      b.setAttribute('aria-label', c.title);
      const tell = () => {
        card.replaceChildren();
        const t = document.createElement('b');
        t.textContent = c.title;
        card.append(t, c.lines.join(' · '));
        state.chart.dispatchAction({ type: 'highlight', seriesId: c.series, dataIndex: c.index });
      };
      const quiet = () => state.chart.dispatchAction({ type: 'downplay', seriesId: c.series, dataIndex: c.index });
      b.addEventListener('focus', tell);
      b.addEventListener('mouseenter', tell);
      b.addEventListener('blur', quiet);
      b.addEventListener('mouseleave', quiet);
      b.addEventListener('click', () => {
        const target = document.getElementById('card-' + c.id);
        if (target) { target.open = true; target.scrollIntoView({ behavior: still.matches ? 'auto' : 'smooth' }); target.querySelector('summary').focus(); }
      });
      state.holder.append(b);
      return b;
    });
    state.place = () => {
      const points = (state.view ? state.figure.views[state.view - 1].data : state.figure.data).cards;
      points.forEach((c, i) => {
        const p = state.chart.convertToPixel({ gridIndex: 0 }, c.at);
        if (p && isFinite(p[0])) { dots[i].style.left = p[0] + 'px'; dots[i].style.top = p[1] + 'px'; }
      });
      if (state.reapply) state.reapply();
    };
    state.place();
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

  // A link into a closed disclosure opens it.
  function reveal() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let d = target && target.closest('details'); d; d = d.parentElement.closest('details')) d.open = true;
    if (target) target.scrollIntoView();
  }

  const holders = [...document.querySelectorAll('.chart')];
  const seen = new IntersectionObserver(entries => {
    for (const e of entries) if (e.isIntersecting) { seen.unobserve(e.target); draw(e.target); }
  }, { rootMargin: '600px' });
  holders.forEach(h => seen.observe(h));
  addViews();
  document.querySelectorAll('table.sortable').forEach(sortable);
  addEventListener('hashchange', reveal);
  if (location.hash) reveal();
  const redraw = () => charts.forEach(s => show(s, s.view));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  new ResizeObserver(() => charts.forEach(s => { s.chart.resize(); equalise(s); if (s.place) s.place(); })).observe(document.getElementById('main'));
  window.sdmap = { charts };
})();
