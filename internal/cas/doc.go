// Package cas is the content-addressed store of what actions produced.
package cas
