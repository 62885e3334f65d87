package backend

import "testing"

func TestHostAndPort(t *testing.T) {
	for url, want := range map[string]string{
		"http://127.0.0.1:8080": "127.0.0.1 8080", "http://localhost": "localhost 80",
		"https://gpu.example/api": "gpu.example 443",
		"http://[::1]:9":          "::1 9", "https://[fd00::1]/x": "fd00::1 443",
	} {
		if host, port := HostAndPort(url); host+" "+port != want {
			t.Errorf("%s: %s %s, want %s", url, host, port, want)
		}
	}
}
