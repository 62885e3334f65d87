// Package httpreplay lets tests of a driver run without its server: on what the real one said, recorded in a text file.
//
//	go test            driver -> Server.Serve -> the file
//	go test -record    driver -> Server.Serve -> the real server, and the file is written anew
//	Server.Check       every request of the file -> the real server: it still says what stands there
//
// A record is a set: one answer to a request, whatever was asked before, so that tests may ask in any order and at once. Of
// several answers to one request it has the first. It holds methods, paths, bodies and statuses, and no headers, so that no
// key gets into it; paths of the machine have names in it, and a file that shows more of the machine is not written.
//
// Bodies are JSON, indented, members in the order of their names, and numbers as short as a float32 allows, which is what
// the servers compute with: a person can read what a test stands on, and what a newer server says otherwise shows as a
// difference of lines. The Recorder of package remote is for another purpose: its lines tell what happened in a run and when,
// and cut long bodies.
package httpreplay

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

var recording = flag.Bool("record", false, "ask real servers, and write anew what they say for tests without servers")

// Recording says whether this test run asks real servers and writes down what they say.
func Recording() bool { return *recording }

// Server is a real server whose answers are recorded.
type Server struct {
	File  string            // of the record, such as "testdata/replay/chat.txt"
	Paths map[string]string // files and folders that the answers name: what the record calls them, and where they are here

	// Start starts the real server until the test ends. The paths that it has there are those of Paths if it returns none.
	Start func(t testing.TB) (address string, paths map[string]string)

	Drop []string // members of answers that are left out: nobody reads them, or they differ every time
	Vary []string // members that depend on what was asked before, which Check does not compare
	Sets []string // members whose lists Check compares in any order
}

// Serve gives the address of a server that answers as the real one did, until the test ends. A request that is not in the
// record fails the test. Under -record it is the real server, and what it says is written down at the end.
func (s Server) Serve(t testing.TB) (address string) {
	t.Helper()
	if Recording() {
		return s.record(t)
	}
	data, err := os.ReadFile(s.File)
	if err != nil {
		t.Fatalf("%v; go test -record writes it where the real server is installed", err)
	}
	known, err := parse(data)
	if err != nil {
		t.Fatalf("%s: %v", s.File, err)
	}
	return s.behind(t, func(w http.ResponseWriter, req *http.Request, asked []byte) {
		one, ok := known[keyOf(req, asked, s.Paths)]
		if !ok {
			unknown(t, s.File, w, req, asked)
			return
		}
		send(w, one.status, one.reply.named(s.Paths).bytes())
	})
}

// behind starts a server whose requests are answered by handle, until the test ends. HEAD, by which clients see that a server
// is there, is no part of a record.
func (s Server) behind(t testing.TB, handle func(w http.ResponseWriter, req *http.Request, asked []byte)) (address string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked, err := io.ReadAll(req.Body)
		if err == nil && req.Method != http.MethodHead { // else the client has gone
			handle(w, req, asked)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func send(w http.ResponseWriter, status int, reply []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(reply)
}

// unknown answers a request that is not in the record, with a status that no client takes for a reason to ask again.
func unknown(t testing.TB, file string, w http.ResponseWriter, req *http.Request, asked []byte) {
	t.Errorf("%s has no answer to %s %s\n%.2000s\nIf the request is meant, record it from the real server: go test -record",
		file, req.Method, req.URL.Path, asked)
	http.Error(w, "this request is not in the record", http.StatusNotFound)
}

// keyOf is what a record knows a request by.
func keyOf(req *http.Request, asked []byte, paths map[string]string) key {
	return key{req.Method, req.URL.RequestURI(), string(read(asked).unnamed(paths).indented())}
}

// ask sends a request to the real server; key is its header Authorization.
func ask(method, address, key string, body []byte) (status int, reply []byte, err error) {
	req, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if key != "" {
		req.Header.Set("Authorization", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	if reply, err = io.ReadAll(resp.Body); err != nil {
		err = fmt.Errorf("%s: the reply breaks off: %w", address, err)
	}
	return resp.StatusCode, reply, err
}
