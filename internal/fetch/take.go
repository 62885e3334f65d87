package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"sdmap/internal/address"
)

// errStalled is the cause of a connection's end that gave nothing for too long.
var errStalled = errors.New("nothing came for too long")

// take writes what comes to the store, and hashes it on the way. A server that gives nothing for a while is left by cancel.
func (d *download) take(from io.Reader, cancel context.CancelCauseFunc) error {
	stall := d.stall
	if stall == 0 {
		stall = time.Minute
	}
	alarm := time.AfterFunc(stall, func() { cancel(errStalled) })
	defer alarm.Stop()
	d.begun, d.had = d.Now(), d.to.Size()
	buffer := make([]byte, 256<<10)
	for {
		n, err := from.Read(buffer)
		alarm.Reset(stall)
		if n > 0 {
			d.hash.Write(buffer[:n])
			if _, err := d.to.Write(buffer[:n]); err != nil {
				return err
			}
			if err := d.tooLarge(); err != nil {
				return err
			}
			d.progress()
		}
		switch {
		case err == io.EOF && d.total >= 0 && d.to.Size() != d.total:
			return broken{err: io.ErrUnexpectedEOF}
		case err == io.EOF:
			return nil
		case err != nil:
			return broken{err: plain(err)}
		}
	}
}

// tooLarge ends a download whose server did not say how large the file is.
func (d *download) tooLarge() error {
	if d.to.Size() <= d.Most {
		return nil
	}
	return d.fits()
}

func (d *download) progress() {
	now := d.Now()
	if now.Sub(d.last) < told {
		return
	}
	d.last = now
	p := Progress{File: d.file, Done: d.to.Size(), Total: d.total}
	if took := now.Sub(d.begun).Seconds(); took > 0 {
		p.Rate = float64(d.to.Size()-d.had) / took
	}
	d.tell(p)
}

// Size asks a server how large a file is, without fetching it; negative where it does not say.
func (f *Fetcher) Size(ctx context.Context, a address.Address) (int64, error) {
	client, err := f.client()
	if err != nil {
		return 0, err
	}
	req, err := newRequest(ctx, http.MethodHead, a.URL)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, unanswered(ctx, err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, Failed{Reason: resp.Request.URL.Host + " answers " + resp.Status}
	}
	return resp.ContentLength, nil
}
