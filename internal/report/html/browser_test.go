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

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"sdmap/internal/need"
	"sdmap/internal/report"
	"sdmap/internal/report/chart"
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
	path := need.Program(t, "chromium", "chromium", "chromium-browser", "google-chrome")
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
	chromedp.ListenTarget(ctx, func(e any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := e.(type) {
		case *cdpruntime.EventConsoleAPICalled:
			b.faults = append(b.faults, fmt.Sprintf("console.%s: %s", e.Type, e.Args[0].Value))
		case *cdpruntime.EventExceptionThrown:
			b.faults = append(b.faults, "exception: "+e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			b.faults = append(b.faults, "log: "+e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if e.Request.URL != address && !strings.HasPrefix(e.Request.URL, "data:") {
				b.faults = append(b.faults, "request: "+e.Request.URL)
			}
		}
	})
	if err := chromedp.Run(ctx, log.Enable(), network.Enable(), chromedp.Navigate(address), chromedp.WaitReady("body")); err != nil {
		t.Fatal(err)
	}
	return b
}

// eval runs a script in the page; the page's own policy does not bind the debugger.
func (b *browser) eval(t *testing.T, script string, out any) {
	t.Helper()
	if err := chromedp.Run(b, chromedp.Evaluate(script, out)); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

func (b *browser) check(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		t.Error(f)
	}
}

// drawAll scrolls every chart into view, as a reader would, and waits until it is drawn.
const drawAll = `(async () => {
  for (const c of document.querySelectorAll('.chart')) { c.scrollIntoView(); await new Promise(r => setTimeout(r, 60)); }
  for (let i = 0; i < 100 && sdmap.charts.size < document.querySelectorAll('.chart').length; i++) await new Promise(r => setTimeout(r, 50));
  scrollTo(0, 0);
  return sdmap.charts.size;
})()`

func (b *browser) drawAll(t *testing.T) int {
	t.Helper()
	var n int
	err := chromedp.Run(b, chromedp.Evaluate(drawAll, &n, func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// charted is a report with one figure of every kind.
func charted(t *testing.T) *report.Report {
	t.Helper()
	r := sample()
	m := chart.MapData{Axes: []string{"performance", "semantic"}, XTitle: "dimension 1", YTitle: "dimension 2"}
	for i, id := range []string{"a", "b", "c", `<img src=x onerror=alert(1)>`} {
		x, y := float64(i), float64(i*i)/3
		m.Points = append(m.Points, chart.MapPoint{ID: id, At: [2]float64{x, y}, Family: i, Format: i, Satellites: [][2]float64{{x + .3, y}, {x - .3, y}},
			Ellipse: [][2]float64{{x - .1, y}, {x, y + .1}, {x + .1, y}, {x - .1, y}}, Lines: []string{"family " + id}})
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
	r.Sections[0].Blocks = append(r.Sections[0].Blocks, report.Block{Figure: &report.Figure{ID: "heat", Number: 2, Title: "Heat", Kind: "heat", Height: 320, Options: h.Options}})
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
	if n := b.drawAll(t); n != 2 {
		t.Errorf("%d charts drawn, want 2", n)
	}
	var points, dots int
	b.eval(t, `sdmap.charts.get('map').chart.getOption().series.find(s => s.id === 'benchmarks').data.length`, &points)
	b.eval(t, `document.querySelectorAll('.dot').length`, &dots)
	if points != 4 || dots != 4 {
		t.Errorf("%d points and %d buttons on the map, want 4 of each", points, dots)
	}
	var label, card string
	b.eval(t, `document.querySelectorAll('.dot')[3].focus(), document.querySelectorAll('.dot')[3].getAttribute('aria-label')`, &label)
	b.eval(t, `document.querySelector('.card').textContent`, &card)
	if label != `<img src=x onerror=alert(1)>` || !strings.Contains(card, label) {
		t.Errorf("button %q, card %q: hostile names must stay text", label, card)
	}
	var off, on bool
	b.eval(t, `document.querySelector('.toggles .semantic').click(), sdmap.charts.get('map').chart.getOption().legend[0].selected.semantic`, &off)
	b.eval(t, `document.querySelector('.toggles .semantic').click(), sdmap.charts.get('map').chart.getOption().legend[0].selected.semantic`, &on)
	if off || !on {
		t.Errorf("the switch of an axis: %v after one click, %v after two", off, on)
	}
	var pressed string
	b.eval(t, `document.querySelectorAll('.views button')[1].click(), [...document.querySelectorAll('.views button')].map(b => b.getAttribute('aria-pressed')).join()`, &pressed)
	if pressed != "false,true" {
		t.Errorf("views: %s", pressed)
	}
	var inked bool
	b.eval(t, `(() => { const c = document.querySelector('.chart canvas'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; for (let i = 3; i < d.length; i += 4) if (d[i]) return true; return false })()`, &inked)
	if !inked {
		t.Error("the map's canvas is empty")
	}
	b.check(t)
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
			b.drawAll(t)
			var missing []string
			b.eval(t, `[...document.querySelectorAll('a[href^="#"]')].map(a => decodeURIComponent(a.getAttribute('href').slice(1))).filter(id => !document.getElementById(id))`, &missing)
			if len(missing) > 0 {
				t.Errorf("links lead nowhere: %v", missing)
			}
			var points, cards int
			b.eval(t, `(sdmap.charts.get('map') ? sdmap.charts.get('map').chart.getOption().series.find(s => s.id === 'benchmarks').data.length : 0)`, &points)
			b.eval(t, `document.querySelectorAll('#fig-map .dot').length`, &cards)
			if points == 0 || points != cards {
				t.Errorf("%d points and %d buttons on the map", points, cards)
			}
			b.check(t)
		})
	}
}
