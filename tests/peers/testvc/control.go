// The control port: plain HTTP with JSON, for the test that started this process.
// It has no protection of its own, which is why it listens on 127.0.0.1 and serves made-up data only.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
)

type control struct {
	vc           *vcenter
	front        *front
	certificates *certificates
	changing     sync.Mutex
}

func startControl(vc *vcenter, front *front, certificates *certificates) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	c := &control{vc: vc, front: front, certificates: certificates}
	go func() { _ = http.Serve(listener, c.routes()) }()
	return listener.Addr().String(), nil
}

func (c *control) routes() http.Handler {
	mux := http.NewServeMux()
	route := func(pattern string, serve func(*http.Request, []byte) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { answer(w, r, serve) })
	}
	route("GET /counts", func(*http.Request, []byte) (any, error) { return c.front.counts.read(), nil })
	route("POST /counts/reset", func(*http.Request, []byte) (any, error) { c.front.counts.reset(); return nil, nil })
	route("GET /sessions", c.sessions)
	route("POST /sessions/terminate", func(*http.Request, []byte) (any, error) {
		return map[string]int{"terminated": c.front.endSessions()}, nil
	})
	route("GET /rules", func(*http.Request, []byte) (any, error) { return c.front.rules.read(), nil })
	route("POST /rules", func(_ *http.Request, body []byte) (any, error) {
		list, err := parseRules(body)
		if err == nil {
			c.front.rules.add(list)
		}
		return nil, err
	})
	route("POST /rules/clear", func(*http.Request, []byte) (any, error) { c.front.rules.clear(); return nil, nil })
	route("GET /held", func(*http.Request, []byte) (any, error) {
		return map[string]int{"held": c.front.rules.heldNow()}, nil
	})
	route("POST /release", func(*http.Request, []byte) (any, error) {
		return map[string]int{"released": c.front.rules.letGo()}, nil
	})
	route("GET /paging", c.paging)
	route("POST /paging", c.paging)
	route("POST /stop", func(*http.Request, []byte) (any, error) { c.front.stop(); return nil, nil })
	route("POST /start", func(*http.Request, []byte) (any, error) { return nil, c.front.reopen() })
	route("POST /certificate", c.certificate)
	c.changes(route)
	return mux
}

// answer runs one request. The simulator panics on values that don't fit; a test shall see why.
func answer(w http.ResponseWriter, r *http.Request, serve func(*http.Request, []byte) (any, error)) {
	result, err := func() (result any, err error) {
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("%v", cause)
			}
		}()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		return serve(r, body)
	}()
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		result = map[string]string{"error": err.Error()}
	} else if result == nil {
		result = map[string]bool{"ok": true}
	}
	_ = json.NewEncoder(w).Encode(result)
}

type sessionAnswer struct {
	Key       string `json:"key"`
	User      string `json:"user"`
	UserAgent string `json:"user_agent"`
	CallCount int64  `json:"call_count"`
}

func (c *control) sessions(*http.Request, []byte) (any, error) {
	live := c.vc.sessions()
	list := make([]sessionAnswer, 0, len(live))
	for _, s := range live {
		list = append(list, sessionAnswer{Key: s.Key, User: s.UserName, UserAgent: s.UserAgent, CallCount: s.CallCount})
	}
	return map[string]any{"count": len(list), "sessions": list}, nil
}

func (c *control) paging(r *http.Request, _ []byte) (any, error) {
	if given := r.URL.Query().Get("max"); given != "" {
		limit, err := strconv.ParseInt(given, 10, 32)
		if err != nil {
			return nil, err
		}
		c.front.paging.Store(limit)
	}
	return map[string]int64{"max": c.front.paging.Load()}, nil
}

func (c *control) certificate(_ *http.Request, body []byte) (any, error) {
	var leaf leafOptions
	if len(body) > 0 {
		if err := json.Unmarshal(body, &leaf); err != nil {
			return nil, err
		}
	}
	fingerprint, err := c.front.present(leaf)
	return map[string]string{"sha256": fingerprint}, err
}
