// Rules make the front misbehave on purpose: which call, after how many, how often, and how.
// A rule never lasts longer than its count, and none exists that a test didn't post.

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// rule is one entry of POST /rules. Without times it applies to every call.
type rule struct {
	Method string `json:"method"`
	Type   string `json:"type"`
	Skip   int    `json:"skip"`
	Every  int    `json:"every"`
	Times  *int   `json:"times"`
	Action action `json:"action"`

	Matched int `json:"matched"`
	Applied int `json:"applied"`
}

// action is what happens to a matched call. Several may be named: first terminate_sessions, hold and
// delay_ms, then what takes the answer's place, then what changes the answer, then how it is sent.
type action struct {
	TerminateSessions bool `json:"terminate_sessions,omitempty"`
	Hold              bool `json:"hold,omitempty"`
	DelayMS           int  `json:"delay_ms,omitempty"`

	faultAction
	Reset  bool `json:"reset,omitempty"`
	Status int  `json:"status,omitempty"`
	// RetryAfter are the seconds that a status tells.
	RetryAfter int     `json:"retry_after,omitempty"`
	Replace    *string `json:"replace,omitempty"`
	Empty      bool    `json:"empty,omitempty"`

	ReplaceText   [][2]string `json:"replace_text,omitempty"`
	TruncateClean *int        `json:"truncate_clean,omitempty"`

	Truncate  *int `json:"truncate,omitempty"`
	Chunked   bool `json:"chunked,omitempty"`
	DripMS    int  `json:"drip_ms,omitempty"`
	DripBytes int  `json:"drip_bytes,omitempty"`
}

// faultAction describes a SOAP fault. Name is the path of an InvalidProperty, and such a rule only
// matches a request that asks for that path, because a vCenter would complain about no other.
type faultAction struct {
	Fault   string `json:"fault,omitempty"`
	Name    string `json:"name,omitempty"`
	Object  string `json:"object,omitempty"`
	Message string `json:"message,omitempty"`
	Detail  string `json:"detail,omitempty"`
	// Kind is the type of a fault called custom.
	Kind string `json:"kind,omitempty"`
}

// cut says how an answer is sent other than whole and at once.
type cut struct {
	after     int
	chunked   bool
	drip      time.Duration
	dripBytes int
}

type rules struct {
	mu      sync.Mutex
	list    []*rule
	held    int
	release chan struct{}
}

func newRules() *rules { return &rules{release: make(chan struct{})} }

func parseRules(body []byte) ([]*rule, error) {
	var list []*rule
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] != '[' {
		body = append(append([]byte("["), body...), ']')
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil {
		return nil, err
	}
	for _, r := range list {
		if r.Method == "" {
			return nil, errors.New("a rule needs a method; * stands for any")
		}
		if r.Times != nil && *r.Times <= 0 {
			return nil, errors.New("times is positive, or left out for every call")
		}
		if r.Action.Fault == "custom" && r.Action.Kind == "" {
			return nil, errors.New("a custom fault needs its kind")
		}
		r.Matched, r.Applied = 0, 0
	}
	return list, nil
}

func (rs *rules) add(list []*rule) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.list = append(rs.list, list...)
}

func (rs *rules) clear() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.list = nil
}

func (rs *rules) read() []rule {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	list := make([]rule, 0, len(rs.list))
	for _, r := range rs.list {
		list = append(list, *r)
	}
	return list
}

// take finds the first rule that matches and still has times left, and uses one of them up.
func (rs *rules) take(x *exchange) *action {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.list {
		if !r.matches(x) || (r.Times != nil && r.Applied >= *r.Times) {
			continue
		}
		r.Matched++
		if r.Matched > r.Skip && (r.Every < 2 || (r.Matched-r.Skip)%r.Every == 0) {
			r.Applied++
			return &r.Action
		}
	}
	return nil
}

func (r *rule) matches(x *exchange) bool {
	named := false
	for _, method := range strings.Split(r.Method, "|") {
		named = named || method == "*" || method == x.method
	}
	if !named || (r.Type != "" && !strings.Contains(x.match, r.Type)) {
		return false
	}
	return r.Action.Fault != "InvalidProperty" || strings.Contains(x.match, ">"+r.Action.Name+"<")
}

// hold blocks until a release, or until the client has gone.
func (rs *rules) hold(r *http.Request) {
	rs.mu.Lock()
	rs.held++
	release := rs.release
	rs.mu.Unlock()
	select {
	case <-release:
	case <-r.Context().Done():
	}
	rs.mu.Lock()
	rs.held--
	rs.mu.Unlock()
}

func (rs *rules) letGo() int {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	close(rs.release)
	rs.release = make(chan struct{})
	return rs.held
}

func (rs *rules) heldNow() int {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.held
}

// before does what comes before the simulator is asked, and tells whether to go on. An answer that
// takes the simulator's place is left in the exchange.
func (f *front) before(w http.ResponseWriter, r *http.Request, x *exchange, a *action) bool {
	if a == nil {
		return true
	}
	if a.TerminateSessions {
		f.endSessions()
	}
	if a.Hold {
		f.rules.hold(r)
	}
	if a.DelayMS > 0 {
		select {
		case <-time.After(time.Duration(a.DelayMS) * time.Millisecond):
		case <-r.Context().Done():
		}
	}
	if r.Context().Err() != nil {
		return false
	}
	switch {
	case a.Reset:
		reset(w)
		return false
	case a.Fault != "":
		x.fault(a.Fault, a.faultAction)
	case a.Replace != nil:
		x.own(http.StatusOK, *a.Replace)
	case a.Empty:
		x.own(http.StatusOK, envelope(fmt.Sprintf(`<%sResponse xmlns="urn:vim25"></%sResponse>`, x.method, x.method)))
	case a.Status != 0 && a.ReplaceText == nil:
		x.own(a.Status, fmt.Sprintf("%d %s\n", a.Status, http.StatusText(a.Status)))
		x.header.Set("Content-Type", "text/plain")
		if a.RetryAfter > 0 {
			x.header.Set("Retry-After", strconv.Itoa(a.RetryAfter))
		}
	}
	if x.answer != nil && a.Status != 0 {
		x.status = a.Status
	}
	return true
}

func (f *front) after(w http.ResponseWriter, r *http.Request, x *exchange, a *action) {
	if a == nil {
		f.send(w, r, x, nil)
		return
	}
	for _, pair := range a.ReplaceText {
		x.answer = bytes.ReplaceAll(x.answer, []byte(pair[0]), []byte(pair[1]))
	}
	if a.TruncateClean != nil {
		x.answer = x.answer[:min(*a.TruncateClean, len(x.answer))]
	}
	how := &cut{after: -1, chunked: a.Chunked, drip: time.Duration(a.DripMS) * time.Millisecond, dripBytes: a.DripBytes}
	if a.Truncate != nil {
		how.after = *a.Truncate
	}
	f.send(w, r, x, how)
}
