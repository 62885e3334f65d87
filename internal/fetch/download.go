package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sdmap/internal/cas"
	"sdmap/internal/llm/remote"
)

const (
	// attempts is how often a server is asked in a row without giving a byte.
	attempts = 5
	// longestPause is between two attempts, whatever the server wants.
	longestPause = time.Minute
	// told is the least time between two words about progress.
	told = 100 * time.Millisecond
	// spare is the space on the store's disk that a download leaves to others.
	spare = 64 << 20
)

// download is one file on its way.
type download struct {
	*Fetcher
	file   File
	client *http.Client
	to     *cas.Arriving
	hash   hash.Hash // of what has arrived

	resumed  bool   // some of it arrived before this process began
	encoding string // as the server names it; empty for the bytes as they are

	total       int64 // negative where unknown
	begun, last time.Time
	had         int64 // bytes at the beginning
}

func (f *Fetcher) newDownload(file File) (*download, error) {
	client, err := f.client()
	if err != nil {
		return nil, err
	}
	to, err := f.Store.Arriving(file.wanted())
	if err != nil {
		return nil, err
	}
	return &download{Fetcher: f, file: file, client: client, to: to, hash: sha256.New(), total: -1, begun: f.Now()}, nil
}

// all fetches the file and keeps it, or leaves what has arrived for the next time.
func (d *download) all(ctx context.Context) (cas.OutputID, error) {
	id, err := d.rest(ctx)
	if _, bad := errors.AsType[wrong](err); bad && d.resumed {
		d.Say("What had arrived of %s before does not go with the rest; it is fetched from its beginning.", d.file.Address)
		if err = d.restart(""); err == nil {
			id, err = d.rest(ctx)
		}
	}
	if bad, is := errors.AsType[wrong](err); is {
		return cas.OutputID{}, errors.Join(bad.failed(d), d.to.Discard())
	}
	if err != nil {
		d.to.Close()
		return cas.OutputID{}, err
	}
	made := Kept(hex.EncodeToString(id[:]))
	made.Subject, made.Seconds = d.file.Address.Name, d.Now().Sub(d.begun).Seconds()
	e, err := d.to.Keep(made, id)
	return e.Output, err
}

// wrong is a file that came whole and is not the one that is wanted.
type wrong struct{ is cas.OutputID }

func (w wrong) Error() string { return "another digest" }

func (w wrong) failed(d *download) Failed {
	f := Failed{fmt.Sprintf("what lies there has the SHA-256 %x (%d bytes), and the study wants %s; it is kept nowhere", w.is[:],
		d.to.Size(), d.file.Digest), fmt.Sprintf("The file there is another one by now, or the digest is: compare "+
		"with where you "+
		"have it from; for the file of today, write sha256 = \"%x\".", w.is[:])}
	if d.encoding != "" {
		f.Reason += fmt.Sprintf("; the server says that it sent it packed (Content-Encoding: %s), which is not undone",
			d.encoding)
	}
	return f
}

// rest asks for what has not arrived until all has, and for as long as the server gives something.
func (d *download) rest(ctx context.Context) (cas.OutputID, error) {
	d.hash.Reset()
	if _, err := io.Copy(d.hash, d.to.Read()); err != nil {
		return cas.OutputID{}, err
	}
	d.had, d.resumed = d.to.Size(), d.to.Size() > 0
	for n := 1; ; n++ {
		before := d.to.Size()
		err := d.attempt(ctx)
		if err == nil {
			break
		}
		again, can := errors.AsType[broken](err)
		switch {
		case ctx.Err() != nil:
			return cas.OutputID{}, ctx.Err()
		case !can:
			return cas.OutputID{}, err
		case d.to.Size() > before:
			n = 1
		}
		if n == attempts {
			scheme, _, _ := strings.Cut(d.file.Address.URL, "://")
			return cas.OutputID{}, remote.Unreachable{URL: scheme + "://" + d.file.Address.Host, Err: again.err}
		}
		if err := sleep(ctx, d.pauseBefore(n, again.after)); err != nil {
			return cas.OutputID{}, err
		}
	}
	id := cas.OutputID(d.hash.Sum(nil))
	if want, known := outputOf(d.file.Digest); known && id != want {
		return id, wrong{id}
	}
	return id, nil
}

// pauseBefore is how long to wait after the nth attempt; after is what the server asks for.
func (d *download) pauseBefore(n int, after time.Duration) time.Duration {
	first := d.pause
	if first == 0 {
		first = time.Second
	}
	return min(max(first<<(n-1), after), longestPause)
}

// broken is the error of an attempt that another may make good.
type broken struct {
	err   error
	after time.Duration // that the server wants to be left alone
}

func (b broken) Error() string { return b.err.Error() }

// attempt asks once for what has not arrived, and takes in what comes. It is nil if all has come.
func (d *download) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	resp, err := d.ask(ctx)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	whole, err := d.begin(resp)
	if whole || err != nil {
		return err
	}
	return d.take(resp.Body, cancel)
}

// ask sends the request for what has not arrived.
func (d *download) ask(ctx context.Context) (*http.Response, error) {
	req, err := newRequest(ctx, http.MethodGet, d.file.Address.URL)
	if err != nil {
		return nil, err
	}
	if note := d.to.Note(); d.to.Size() > 0 && note != "" {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.to.Size()))
		req.Header.Set("If-Range", note)
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, unanswered(ctx, err)
	}
	return resp, nil
}

func newRequest(ctx context.Context, method, url string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err == nil {
		req.Header.Set("Accept-Encoding", "identity")
		req.Header.Set("User-Agent", "sdmap")
	}
	return req, err
}

// unanswered is the error of a request that got no answer.
func unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if f, ok := errors.AsType[Failed](err); ok {
		return f
	}
	if r, ok := errors.AsType[remote.Refused](err); ok {
		return r
	}
	return broken{err: plain(err)}
}

// begin looks at an answer: where in the file it begins, and whether it can be taken. whole says that nothing is missing.
func (d *download) begin(resp *http.Response) (whole bool, err error) {
	d.encoding = strings.TrimSpace(resp.Header.Get("Content-Encoding"))
	length := resp.ContentLength
	switch resp.StatusCode {
	case http.StatusOK:
		if err := d.restart(validator(resp)); err != nil {
			return false, err
		}
	case http.StatusPartialContent:
		from, total, ok := contentRange(resp.Header.Get("Content-Range"))
		if v := validator(resp); !ok || from != d.to.Size() || v != "" && v != d.to.Note() {
			return false, errors.Join(d.restart(""),
				broken{err: errors.New("the server sends another part than it was asked for")})
		}
		if length = total - from; total < 0 {
			length = resp.ContentLength
		}
	case http.StatusRequestedRangeNotSatisfiable:
		if _, total, _ := contentRange(resp.Header.Get("Content-Range")); total == d.to.Size() && d.to.Size() > 0 {
			return true, nil
		}
		return false, errors.Join(d.restart(""), broken{err: errors.New("the server does not have the part that is missing")})
	default:
		return false, d.refused(resp)
	}
	if d.total = -1; length >= 0 {
		d.total = d.to.Size() + length
	}
	return false, d.fits()
}

// restart forgets what has arrived.
func (d *download) restart(note string) error {
	d.hash.Reset()
	d.had, d.resumed = 0, false
	return d.to.Restart(note)
}

// validator is what tells a file from another one under its address.
func validator(resp *http.Response) string {
	if tag := resp.Header.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		return tag
	}
	return resp.Header.Get("Last-Modified")
}

// contentRange reads "bytes 10-19/20" and "bytes */20"; total is negative where it is not said.
func contentRange(text string) (from, total int64, ok bool) {
	rest, ok := strings.CutPrefix(text, "bytes ")
	span, whole, cut := strings.Cut(rest, "/")
	total, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		total = -1
	}
	first, _, dash := strings.Cut(span, "-")
	from, err = strconv.ParseInt(first, 10, 64)
	return from, total, ok && cut && dash && err == nil
}

// refused is the error of a server that does not give the file.
func (d *download) refused(resp *http.Response) error {
	io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	is := resp.Request.URL.Host + " answers " + resp.Status
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		remedy := "The file is not public: download it by hand and put it into the folder of SDMAP_MIRROR, under its SHA-256 " +
			"as its name."
		if strings.HasPrefix(d.file.Address.Text, "hf://") {
			remedy = "Is the name right? If it is, accept its terms on the hub, and set " + TokenVariable + " to a key of yours."
		}
		return Failed{is, remedy}
	case code == http.StatusNotFound || code == http.StatusGone:
		return Failed{is, "Look at the address: its path, and its revision where it has one."}
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		after, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return broken{errors.New(is), time.Duration(max(0, min(after, 3600))) * time.Second}
	}
	return Failed{is, "Look at the address in a browser."}
}

// fits wants a file within the bound, and room for what is missing of it.
func (d *download) fits() error {
	if d.total > d.Most || d.to.Size() > d.Most {
		d.to.Restart("")
		return Failed{fmt.Sprintf("the file is larger than %s, which is what the study allows", gigabytes(d.Most)),
			"If it is meant, write a larger fetch_gb above the first table."}
	}
	if free, known := d.Store.Free(); known && d.total >= 0 && d.total-d.to.Size() > free-spare {
		return Failed{fmt.Sprintf("%s are missing of the file, and %s are free where the store lies (%s)",
			gigabytes(d.total-d.to.Size()), gigabytes(free), d.Store.Dir()),
			"Make room (sdmap cache gc removes what no study reaches), or name another folder with -cache or SDMAP_CACHE."}
	}
	return nil
}

func gigabytes(n int64) string { return strconv.FormatFloat(float64(n)/1e9, 'g', 3, 64) + " GB" }
