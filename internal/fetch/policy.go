package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sdmap/internal/address"
	"sdmap/internal/llm/remote"
)

// mostRedirects is how often a server may send its clients on.
const mostRedirects = 10

// client is one that asks no host that is not allowed, and unpacks nothing.
func (f *Fetcher) client() (*http.Client, error) {
	token := strings.TrimSpace(f.Token)
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, Failed{"the key in the environment variable " + TokenVariable + " has characters that no header can carry",
			"Set it anew, or unset it."}
	}
	network := f.Network
	if network == nil {
		network = &http.Transport{ // no Proxy: the host that was checked is the host that is asked
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute,
			DisableCompression: true, ForceAttemptHTTP2: true,
		}
	}
	t := &transport{network, f.AllowHosts, token}
	return &http.Client{Transport: t, CheckRedirect: t.checkRedirect}, nil
}

// transport sends requests to hosts that are allowed, and the key of the hub to the hub.
type transport struct {
	network http.RoundTripper
	allow   []string
	token   string
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := permits(t.allow, req.URL); err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	for _, header := range []string{"Authorization", "Cookie", "Referer"} { // where a redirect came from is nobody's business
		req.Header.Del(header)
	}
	if t.token != "" && req.URL.Scheme == "https" && req.URL.Host == address.HubHost {
		req.Header.Set("Authorization", "Bearer "+t.token)
	}
	return t.network.RoundTrip(req)
}

// permits wants a host that is allowed, asked over TLS unless it is this machine.
func permits(allow []string, u *url.URL) error {
	if err := remote.Permits(allow, u); err != nil {
		return err
	}
	if u.Scheme != "https" && !address.Loopback(u.Hostname()) {
		return remote.Refused{Host: u.Host, Reason: "it is to be asked by http://, so that anybody on the way could " +
			"read and change " +
			"the file"}
	}
	return nil
}

// checkRedirect lets a server send its clients on to hosts that are allowed. Another machine says nothing about this one.
func (t *transport) checkRedirect(req *http.Request, via []*http.Request) error {
	from, to := via[len(via)-1].URL, req.URL
	if len(via) >= mostRedirects {
		return Failed{fmt.Sprintf("%s redirects in circles, or more than %d times", via[0].URL.Host, mostRedirects),
			"Look at the address in a browser."}
	}
	if address.Loopback(to.Hostname()) && !address.Loopback(from.Hostname()) {
		return Failed{fmt.Sprintf("%s redirects to this machine (%s), where no file of another machine lies", from.Host, to.Host),
			"Look at the address in a browser."}
	}
	if err := permits(t.allow, to); err != nil {
		refused, _ := errors.AsType[remote.Refused](err)
		if remote.Permits(t.allow, to) == nil {
			return Failed{fmt.Sprintf("%s redirects to %s: %s", from.Host, to.Host, refused.Reason),
				"Find an address of the file " +
					"that stays with https://."}
		}
		return Failed{fmt.Sprintf("%s redirects to %s, which the study does not allow", from.Host, to.Host),
			fmt.Sprintf("If it may be asked, add it: allow_hosts = [..., %q].", to.Host)}
	}
	return nil
}

// plain is an error of a request without its address, whose query can hold keys once a server has redirected.
func plain(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
