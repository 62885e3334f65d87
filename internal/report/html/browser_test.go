package html

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"sdmap/internal/report"
	"sdmap/internal/report/chart"
	"sdmap/internal/testenv"
)

// browser opens a page from disk and collects everything that must not happen: console messages of any level, uncaught
// exceptions, policy violations, requests to anywhere but the file itself.
type browser struct {
	context.Context
	mu     sync.Mutex
	faults []string
}

func open(t *testing.T, file string) *browser {
	t.Helper()
	path := testenv.Program(t, "chromium", "chromium", "chromium-browser", "google-chrome")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1280, 900))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{Context: ctx}
	address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
	listen := func(e any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := e.(type) {
		case *cdpruntime.EventConsoleAPICalled:
			b.faults = append(b.faults, fmt.Sprintf("console.%s: %s", e.Type, e.Args[0].Value))
		case *cdpruntime.EventExceptionThrown:
			b.faults = append(b.faults, "exception: "+e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			b.faults = append(b.faults, "log: "+e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if e.Request.URL != address && !strings.HasPrefix(e.Request.URL, "data:") {
				b.faults = append(b.faults, "request: "+e.Request.URL)
			}
		}
	}
	if err := chromedp.Listen(ctx, listen); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled,
		emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	return b
}

// eval runs a script in the page and waits for what it promises; the page's own policy does not bind the debugger.
func eval[T any](t *testing.T, b *browser, script string) T {
	t.Helper()
	v, err := chromedp.Run(b, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return v
}

func (b *browser) check(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		t.Error(f)
	}
}

// drawAll scrolls every chart into view, as a reader would who opened what hides it, and waits until it is drawn: until then it
// has no entry in the page's list. A chart that is never drawn ends the test by the browser's deadline.
const drawAll = `(async () => {
  for (const c of document.querySelectorAll('.chart')) {
    for (let d = c.closest('details'); d; d = d.parentElement.closest('details')) d.open = true;
    c.scrollIntoView();
    while (!sdmap.charts.has(c.dataset.figure)) await new Promise(requestAnimationFrame);
  }
  scrollTo(0, 0);
  return sdmap.charts.size;
})()`

// inked waits until the first chart's canvas shows something.
const inked = `(async () => {
  const c = document.querySelector('.chart canvas');
  const blank = () => !c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(byte => byte > 0);
  while (blank()) await new Promise(requestAnimationFrame);
  return true;
})()`

// charted is a report with one figure of every kind.
func charted(t *testing.T) *report.Report {
	t.Helper()
	r := sample()
	m := chart.MapData{Axes: []string{"performance", "semantic"}, XTitle: "dimension 1", YTitle: "dimension 2"}
	for i, id := range []string{"a", "b", "c", `<img src=x onerror=alert(1)>`} {
		x, y := float64(i), float64(i*i)/3
		m.Points = append(m.Points, chart.MapPoint{ID: id, At: [2]float64{x, y}, Family: i, Format: i,
			Satellites: [][2]float64{{x + .3, y}, {x - .3, y}},
			Ellipse:    [][2]float64{{x - .1, y}, {x, y + .1}, {x + .1, y}, {x - .1, y}}, Lines: []string{"family " + id}})
	}
	d, err := chart.Map(m)
	if err != nil {
		t.Fatal(err)
	}
	f := r.Sections[0].Blocks[2].Figure
	f.Options, f.Data, f.First = d.Options, d.Data, "raw"
	f.Views = []report.View{{ID: "gfree", Title: "without g", Options: d.Options, Data: d.Data}}
	h, err := chart.Heat(chart.HeatData{Labels: []string{"a", "b"}, Values: [][]float64{{1, .5}, {.5, 1}}, Min: -1, Max: 1})
	if err != nil {
		t.Fatal(err)
	}
	r.Sections[0].Blocks = append(r.Sections[0].Blocks,
		report.Block{Figure: &report.Figure{ID: "heat", Number: 2, Title: "Heat", Height: 320, Options: h.Options}})
	return r
}

func TestPageInBrowser(t *testing.T) {
	page, err := Render(charted(t))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	b := open(t, file)
	if n := eval[int](t, b, drawAll); n != 2 {
		t.Errorf("%d charts drawn, want 2", n)
	}
	points := eval[int](t, b, `sdmap.charts.get('map').chart.getOption().series.find(s => s.id === 'benchmarks').data.length`)
	dots := eval[int](t, b, `document.querySelectorAll('.dot').length`)
	if points != 4 || dots != 4 {
		t.Errorf("%d points and %d buttons on the map, want 4 of each", points, dots)
	}
	label := eval[string](t, b, `document.querySelectorAll('.dot')[3].focus(), document.querySelectorAll('.dot')[3].getAttribute('aria-label')`)
	card := eval[string](t, b, `document.querySelector('.card').textContent`)
	if label != `<img src=x onerror=alert(1)>` || !strings.Contains(card, label) {
		t.Errorf("button %q, card %q: hostile names must stay text", label, card)
	}
	off := eval[bool](t, b, `document.querySelector('.toggles .semantic').click(), sdmap.charts.get('map').chart.getOption().legend[0].selected.semantic`)
	on := eval[bool](t, b, `document.querySelector('.toggles .semantic').click(), sdmap.charts.get('map').chart.getOption().legend[0].selected.semantic`)
	if off || !on {
		t.Errorf("the switch of an axis: %v after one click, %v after two", off, on)
	}
	pinned := eval[string](t, b, `(() => {
	  const dots = [...document.querySelectorAll('.dot')], key = (e, k) => e.dispatchEvent(new KeyboardEvent('keydown', { key: k, bubbles: true }));
	  dots[1].click();
	  const kept = document.querySelector('.card.pinned b').textContent;
	  key(dots[1], 'Escape');
	  const gone = document.querySelector('.card.pinned') === null;
	  dots[0].focus();
	  key(dots[0], 'ArrowRight');
	  const tabs = dots.filter(d => d.tabIndex === 0).length;
	  const find = document.querySelector('.tools input');
	  find.value = 'C';
	  find.dispatchEvent(new Event('input'));
	  return [kept, gone, document.activeElement.getAttribute('aria-label'), tabs, document.querySelector('.card b').textContent].join();
	})()`)
	if pinned != "b,true,b,1,c" {
		t.Errorf("a click, Escape, an arrow key and a name give %q", pinned)
	}
	pressed := eval[string](t, b, `document.querySelectorAll('.views button')[1].click(), [...document.querySelectorAll('.views button')].map(b => b.getAttribute('aria-pressed')).join()`)
	if pressed != "false,true" {
		t.Errorf("views: %s", pressed)
	}
	eval[bool](t, b, inked)
	b.check(t)
}

// linksIntoTables follows links into tables, five of a kind, and lists those after which another element lies where the target should be, or
// its row looks like any other.
const linksIntoTables = `(async () => {
  document.documentElement.style.scrollBehavior = 'auto';
  const settled = async () => { for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); };
  scrollTo(0, 0); // ends a smooth one under way
  await settled();
  const ids = new Set([...document.querySelectorAll('a[href^="#"]')].map(a => decodeURIComponent(a.getAttribute('href').slice(1))));
  const out = [], seen = {};
  for (const id of ids) {
    const target = document.getElementById(id), kind = id.split('~~')[0];
    if (!target || !target.closest('tbody') || (seen[kind] = (seen[kind] || 0) + 1) > 5) continue;
    location.hash = '#' + encodeURIComponent(id);
    await settled();
    const r = target.getBoundingClientRect(), cell = target.closest('td, th') || target.querySelector('td, th');
    const at = document.elementFromPoint(r.left + Math.min(r.width, 40) / 2, r.top + r.height / 2);
    const plain = getComputedStyle(cell.closest('tr').nextElementSibling?.cells[0] || document.body).backgroundColor;
    if (!at || !target.contains(at) || getComputedStyle(cell).backgroundColor === plain) out.push(id);
  }
  scrollTo(0, 0);
  return out;
})()`

// unanswered points at each benchmark of the map, under whatever label or button lies there, and lists those whose card does not open.
const unanswered = `(async () => {
  const holder = document.querySelector('#fig-map .chart'), out = [];
  holder.scrollIntoView({ behavior: 'instant', block: 'center' });
  const box = holder.getBoundingClientRect();
  for (const d of holder.querySelectorAll('.dot')) {
    const x = box.left + parseFloat(d.style.left), y = box.top + parseFloat(d.style.top);
    const under = document.elementFromPoint(x, y);
    under.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: x, clientY: y, pointerType: 'mouse' }));
    const card = document.querySelector('#fig-map .card b');
    if (!card || card.textContent !== d.getAttribute('aria-label')) out.push(d.getAttribute('aria-label'));
  }
  return out;
})()`

// sameFiles compares what the page makes of its tables with the files beside it.
func sameFiles(t *testing.T, b *browser, folder string) {
	t.Helper()
	made := eval[map[string]string](t, b, `Object.fromEntries([...document.querySelectorAll('table a[download]:only-of-type')].map(a => [a.getAttribute('href'), sdmap.csv(a.closest('table'))]))`)
	if len(made) == 0 {
		t.Error("no table offers its file")
	}
	for name, text := range made {
		file, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			t.Error(err)
		} else if string(file) != text {
			t.Errorf("%s: the page makes another file", name)
		}
	}
}

// TestCommittedReports opens the reports that the repository holds.
func TestCommittedReports(t *testing.T) {
	pages, err := filepath.Glob("../../../reports/*/index.html")
	if err != nil || len(pages) == 0 {
		t.Skip("no report is committed")
	}
	for _, p := range pages {
		t.Run(filepath.Base(filepath.Dir(p)), func(t *testing.T) {
			path, err := filepath.Abs(p)
			if err != nil {
				t.Fatal(err)
			}
			b := open(t, path)
			if n := eval[int](t, b, drawAll); n == 0 {
				t.Error("no chart is drawn")
			}
			missing := eval[[]string](t, b, `[...document.querySelectorAll('a[href^="#"]')].map(a => decodeURIComponent(a.getAttribute('href').slice(1))).filter(id => !document.getElementById(id))`)
			if len(missing) > 0 {
				t.Errorf("links lead nowhere: %v", missing)
			}
			points := eval[int](t, b, `(sdmap.charts.get('map') ? sdmap.charts.get('map').chart.getOption().series.find(s => s.id === 'benchmarks').data.length : 0)`)
			cards := eval[int](t, b, `document.querySelectorAll('#fig-map .dot').length`)
			if points == 0 || points != cards {
				t.Errorf("%d points and %d buttons on the map", points, cards)
			}
			if hidden := eval[[]string](t, b, linksIntoTables); len(hidden) > 0 {
				t.Errorf("of the links into tables %d show something else than what they name: %v", len(hidden), hidden)
			}
			if deaf := eval[[]string](t, b, unanswered); len(deaf) > 0 {
				t.Errorf("pointing beside a benchmark shows another's card: %v", deaf)
			}
			if stops := eval[int](t, b, `Math.max(...[...document.querySelectorAll('.table table')].map(t => [...t.querySelectorAll('a, button')].filter(e => e.tabIndex === 0).length))`); stops != 1 {
				t.Errorf("a table has %d stops of the Tab key, want 1", stops)
			}
			sameFiles(t, b, filepath.Dir(path))
			b.check(t)
		})
	}
}
