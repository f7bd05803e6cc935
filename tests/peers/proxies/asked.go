// Remembers what the proxies were asked for, and resolves and connects for both of them.

package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
)

// connection is one that somebody wanted.
type connection struct {
	Proxy  string `json:"proxy"`
	Target string `json:"target"`
	User   string `json:"user"`
}

// log is what the proxies were asked for so far.
type log struct {
	Resolved    []string     `json:"resolved"`
	Connections []connection `json:"connections"`
}

type asked struct {
	names []string

	mu       sync.Mutex
	log      log
	refusing bool
}

func newAsked(names []string) *asked {
	return &asked{names: names, log: log{Resolved: []string{}, Connections: []connection{}}}
}

func (a *asked) read() log {
	a.mu.Lock()
	defer a.mu.Unlock()
	return log{slices.Clone(a.log.Resolved), slices.Clone(a.log.Connections)}
}

// refuse has nobody connected any more.
func (a *asked) refuse() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refusing = true
}

// allows notes a connection that somebody wants, and says whether they may have it.
func (a *asked) allows(wanted connection) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.log.Connections = append(a.log.Connections, wanted)
	return !a.refusing
}

// Resolve knows the names that it was told, and asks nobody for another one.
func (a *asked) Resolve(ctx context.Context, name string) (context.Context, net.IP, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.log.Resolved = append(a.log.Resolved, name)
	if !slices.Contains(a.names, name) {
		return ctx, nil, fmt.Errorf("no such host: %s", name)
	}
	return ctx, net.IPv4(127, 0, 0, 1), nil
}

// connect goes to this machine only.
func (a *asked) connect(network, target string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	ip := net.ParseIP(host)
	if ip == nil {
		if _, ip, err = a.Resolve(context.Background(), host); err != nil {
			return nil, err
		}
	}
	if !ip.IsLoopback() {
		return nil, fmt.Errorf("%s is not on this machine", target)
	}
	return net.Dial(network, net.JoinHostPort(ip.String(), port))
}
