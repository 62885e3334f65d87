// Package address reads the addresses under which studies name files that lie elsewhere.
//
//	"https://host/path"                                 a file of a web server
//	"hf://datasets/OWNER/NAME@REVISION/path"            a file of a data set on the Hugging Face Hub
//	"hf://OWNER/NAME@REVISION/path"                     a file of a model there
//
// An address ends at a file or, with a slash, at a folder. The opinion: what an address holds can be shown to anybody. It has no
// name, no password and no query, whose values are often keys; and nothing but this machine is asked without encryption.
package address

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// HubHost is the machine behind addresses that begin with hf://.
const HubHost = "huggingface.co"

// Address is where a file, or a folder of files, lies.
type Address struct {
	Text string // as the study writes it
	URL  string // what is asked
	Host string // of URL, with its port if it has one
	Name string // the last part of the path; empty for a folder
}

// longest bounds addresses; no server takes more.
const longest = 2048

// Is says whether a text means to be an address and no path.
func Is(text string) bool { return strings.Contains(text, "://") }

// Parse reads an address.
func Parse(text string) (Address, error) {
	if len(text) > longest {
		return Address{}, fmt.Errorf("it is longer than %d bytes", longest)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' || r == 0xfffd }) {
		return Address{}, errors.New("it holds a space, a control character or a backslash; write %20 for a space")
	}
	asked := text
	if rest, hub := strings.CutPrefix(text, "hf://"); hub {
		var err error
		if asked, err = hubURL(rest); err != nil {
			return Address{}, err
		}
	}
	u, err := url.Parse(asked)
	if err != nil {
		return Address{}, errors.New("it is no address")
	}
	if err := check(u); err != nil {
		return Address{}, err
	}
	a := Address{Text: text, URL: u.String(), Host: u.Host}
	if !a.Folder() {
		a.Name = path.Base(u.Path)
	}
	return a, nil
}

// check refuses what is no address of a file or should not stand in a study.
func check(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("it begins with %q; https:// and hf:// are possible", u.Scheme+"://")
	case u.Opaque != "" || !hostPattern.MatchString(u.Hostname()) && !isIP(u.Hostname()):
		return errors.New("it names no host")
	case !IsPort(u):
		return fmt.Errorf("%q is no port", u.Port())
	case u.User != nil:
		return errors.New("it holds a name or password, which would end up in reports and logs")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("it has a part behind '?' or '#', where keys often stand; name the file by its path alone")
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		return errors.New("it begins with http://, so that anybody on the way could read and change the file; write https://")
	case u.Path == "" || u.Path == "/" || strings.Contains(u.Path, "//"):
		return errors.New("it names no file")
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if part == "." || part == ".." {
			return fmt.Errorf("it has %q in its path", part)
		}
	}
	return nil
}

var hostPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*)$`)

func isIP(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Zone() == ""
}

// IsPort says whether an address has a port that can be, or none.
func IsPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

// Loopback says whether a host can only be this machine. Names other than localhost are not looked up.
func Loopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// hubForm is what stands behind hf://. Branches of the hub's own making have slashes in their names.
var hubForm = regexp.MustCompile(
	`^(datasets/)?([A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*)@(refs/(?:convert/\w+|pr/[0-9]+)|[\w.-]+)(?:/(.*))?$`)

// hubURL is where the hub has what stands behind hf://.
func hubURL(rest string) (string, error) {
	m := hubForm.FindStringSubmatch(rest)
	switch {
	case m == nil && strings.HasPrefix(rest, "spaces/"):
		return "", errors.New("files of spaces are not fetched; models and data sets are")
	case m == nil && !strings.Contains(rest, "@"):
		return "", errors.New("it names no revision: hf://OWNER/NAME@REVISION/path, or " +
			"hf://datasets/OWNER/NAME@REVISION/path; a " +
			"revision is a commit, a tag or a branch")
	case m == nil:
		return "", errors.New("it is not of the form hf://OWNER/NAME@REVISION/path or hf://datasets/OWNER/NAME@REVISION/path")
	case strings.ContainsAny(m[4], "?#"):
		return "", errors.New("it has a part behind '?' or '#'; name the file by its path alone")
	}
	return "https://" + HubHost + "/" + m[1] + m[2] + "/resolve/" + url.PathEscape(m[3]) + "/" + m[4], nil
}

// Folder says whether the address is one of a folder.
func (a Address) Folder() bool { return strings.HasSuffix(a.URL, "/") }

// In is the address of a file in the folder a; name is slash-separated.
func (a Address) In(name string) (Address, error) {
	if !a.Folder() {
		return Address{}, errors.New("it is an address of a file, not of a folder; a folder's ends with a slash")
	}
	return Parse(strings.TrimSuffix(a.Text, "/") + "/" + name)
}

func (a Address) String() string { return a.Text }
