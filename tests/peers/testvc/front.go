// The front is what clients talk to: TLS, on one public port, in front of the simulator.
// It counts every call and applies the rules; it never changes an answer no rule asked to change.

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"muster.test/peers/port"
)

type front struct {
	vc           *vcenter
	certificates *certificates
	rules        *rules
	client       *http.Client
	gzip         bool
	paging       atomic.Int64
	counts       counts

	mu     sync.Mutex
	server *http.Server
	port   int

	// Waits that are under way, so that ending the sessions can end them too: the simulator would
	// let them run on, where a vCenter answers at once.
	waits map[*exchange]context.CancelCauseFunc
	// The request that each page token came from, because a continuation doesn't repeat its types.
	tokens map[string]string
}

var errSessionEnded = errors.New("the session was terminated")

func newFront(vc *vcenter, certificates *certificates, gzip bool) *front {
	return &front{
		vc:           vc,
		certificates: certificates,
		rules:        newRules(),
		gzip:         gzip,
		client: &http.Client{Transport: &http.Transport{
			DisableCompression:  true,
			MaxIdleConnsPerHost: 64,
		}},
		counts: counts{calls: make(map[string]int)},
		waits:  make(map[*exchange]context.CancelCauseFunc),
		tokens: make(map[string]string),
	}
}

func (f *front) address() string { return "127.0.0.1:" + strconv.Itoa(f.port) }

// listen opens the public port: any free one for 0, and the same one again after a stop.
func (f *front) listen(number int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.server != nil {
		return nil
	}
	if number == 0 {
		kept, err := port.Keep()
		if err != nil {
			return err
		}
		number = kept
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(number))
	if err != nil {
		return err
	}
	f.port = number
	server := &http.Server{
		Handler:   f,
		ErrorLog:  log.New(io.Discard, "", 0),
		ConnState: f.counts.connection,
		TLSConfig: &tls.Config{
			GetCertificate: f.certificates.current,
			// A resumed session presents no certificate, which would hide a changed one from clients.
			SessionTicketsDisabled: true,
			// One request per connection at a time: resets and truncation mean nothing in HTTP/2.
			NextProtos: []string{"http/1.1"},
		},
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	f.server = server
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return nil
}

func (f *front) reopen() error { return f.listen(f.port) }

// stop closes the port and every connection, as if the machine had gone.
func (f *front) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.server != nil {
		_ = f.server.Close()
		f.server = nil
	}
}

// present makes the next connection see a new leaf, by ending those that saw the old one.
func (f *front) present(leaf leafOptions) (string, error) {
	fingerprint, err := f.certificates.issue(leaf)
	if err != nil {
		return "", err
	}
	f.stop()
	return fingerprint, f.reopen()
}

// exchange is one request on its way through, and the answer on its way back.
type exchange struct {
	method string
	// match is what rules look into: the body, and for a continuation also the body it continues.
	match  string
	body   []byte
	status int
	header http.Header
	answer []byte
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	x := &exchange{body: body, match: string(body), method: r.Method + " " + r.URL.Path}
	if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/sdk") {
		x.method = soapMethod(body)
		x.match += f.origin(body)
	}
	f.counts.call(x.method)

	action := f.rules.take(x)
	if !f.before(w, r, x, action) {
		return
	}
	if x.answer == nil {
		if err := f.forward(r, x); err != nil {
			if r.Context().Err() == nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
			}
			return
		}
	}
	f.after(w, r, x, action)
}

// forward asks the simulator, except for the one document it would answer wrongly.
func (f *front) forward(r *http.Request, x *exchange) error {
	if x.method == "GET /sdk/vimServiceVersions.xml" {
		x.status, x.header = http.StatusOK, http.Header{"Content-Type": {"text/xml"}}
		x.answer = []byte(f.vc.versionsDocument())
		return nil
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	if strings.HasPrefix(x.method, "WaitForUpdates") {
		f.remember(x, cancel)
		defer f.forget(x)
	}

	out, err := http.NewRequestWithContext(ctx, r.Method, f.vc.inner()+r.URL.RequestURI(), bytes.NewReader(f.paged(x.body)))
	if err != nil {
		return err
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Accept-Encoding")
	answer, err := f.client.Do(out)
	if err != nil {
		if context.Cause(ctx) == errSessionEnded {
			x.fault("NotAuthenticated", faultAction{})
			return nil
		}
		return err
	}
	defer answer.Body.Close()
	x.status, x.header = answer.StatusCode, answer.Header
	x.answer, err = io.ReadAll(answer.Body)
	f.rememberToken(x)
	return err
}

// endSessions terminates all sessions, and with them the waits that were made under them.
func (f *front) endSessions() int {
	ended := f.vc.terminateSessions()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, cancel := range f.waits {
		cancel(errSessionEnded)
	}
	return ended
}

func (f *front) remember(x *exchange, cancel context.CancelCauseFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waits[x] = cancel
}

func (f *front) forget(x *exchange) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.waits, x)
}

var (
	bodyElement  = regexp.MustCompile(`<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?([\w-]+)`)
	tokenElement = regexp.MustCompile(`<(?:[\w-]+:)?token(?:\s[^>]*)?>([^<]+)<`)
	maxElement   = regexp.MustCompile(`(<(?:[\w-]+:)?maxObjects(?:\s[^>]*)?>)\s*(\d+)\s*<`)
	emptyOptions = regexp.MustCompile(`<((?:[\w-]+:)?)options(\s[^>]*)?/>|<((?:[\w-]+:)?)options(\s[^>]*)?>\s*</(?:[\w-]+:)?options>`)
)

func soapMethod(body []byte) string {
	if found := bodyElement.FindSubmatch(body); found != nil {
		return string(found[1])
	}
	return "unknown"
}

func (f *front) origin(body []byte) string {
	found := tokenElement.FindSubmatch(body)
	if found == nil {
		return ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	origin := f.tokens[string(found[1])]
	delete(f.tokens, string(found[1]))
	return origin
}

func (f *front) rememberToken(x *exchange) {
	// The token comes before the objects, so a look at the beginning is enough.
	found := tokenElement.FindSubmatch(x.answer[:min(len(x.answer), 2048)])
	if found == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tokens[string(found[1])] = x.match
}

// paged lowers the page size a client asked for, as a server may.
func (f *front) paged(body []byte) []byte {
	limit := f.paging.Load()
	if limit <= 0 || !bytes.Contains(body, []byte("RetrievePropertiesEx")) {
		return body
	}
	if found := maxElement.FindSubmatchIndex(body); found != nil {
		if asked, err := strconv.ParseInt(string(body[found[4]:found[5]]), 10, 64); err == nil && asked > 0 && asked <= limit {
			return body
		}
		return slicesJoin(body[:found[4]], []byte(strconv.FormatInt(limit, 10)), body[found[5]:])
	}
	return emptyOptions.ReplaceAll(body, fmt.Appendf(nil, "<${1}${3}options${2}${4}><${1}${3}maxObjects>%d</${1}${3}maxObjects></${1}${3}options>", limit))
}

func slicesJoin(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// send writes the answer, compressed where that is on and the client agrees.
func (f *front) send(w http.ResponseWriter, r *http.Request, x *exchange, cut *cut) {
	body := x.answer
	for name, values := range x.header {
		if name != "Content-Length" && name != "Connection" && name != "Date" {
			w.Header()[name] = values
		}
	}
	if f.gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		var packed bytes.Buffer
		zip := gzip.NewWriter(&packed)
		_, _ = zip.Write(body)
		_ = zip.Close()
		body = packed.Bytes()
		w.Header().Set("Content-Encoding", "gzip")
	}
	if cut == nil || !cut.chunked {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	if cut != nil && cut.after >= 0 && cut.after < len(body) {
		w.WriteHeader(x.status)
		f.write(w, body[:cut.after], cut)
		_ = http.NewResponseController(w).Flush()
		// The server drops the connection without the end of the body.
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(x.status)
	f.write(w, body, cut)
}

func (f *front) write(w http.ResponseWriter, body []byte, cut *cut) {
	step := len(body)
	if cut != nil && cut.dripBytes > 0 {
		step = cut.dripBytes
	}
	for len(body) > 0 {
		n, err := w.Write(body[:min(step, len(body))])
		f.counts.bytes.Add(int64(n))
		if err != nil {
			return
		}
		body = body[n:]
		if cut != nil && cut.drip > 0 {
			_ = http.NewResponseController(w).Flush()
			time.Sleep(cut.drip)
		}
	}
}
