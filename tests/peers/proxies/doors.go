// The ports of the proxies, which a test closes with all their connections and opens again.

package main

import (
	"fmt"
	"net"
	"net/http"
	"sync"

	"muster.test/peers/port"
)

// door is a port at which something answers.
type door struct {
	address string
	handle  func(net.Listener) error

	mu       sync.Mutex
	listener net.Listener
	inside   map[net.Conn]struct{}
}

func open(handle func(net.Listener) error) (*door, error) {
	number, err := port.Keep()
	if err != nil {
		return nil, err
	}
	d := &door{
		address: fmt.Sprintf("127.0.0.1:%d", number),
		handle:  handle,
		inside:  map[net.Conn]struct{}{},
	}
	return d, d.reopen()
}

func openHTTP(handler http.Handler) (*door, error) {
	return open(func(listener net.Listener) error { return http.Serve(listener, handler) })
}

// reopen listens where it did before.
func (d *door) reopen() error {
	listener, err := net.Listen("tcp", d.address)
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.listener = listener
	d.mu.Unlock()
	go func() { _ = d.handle(counted{listener, d}) }()
	return nil
}

func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.listener.Close()
	for conn := range d.inside {
		_ = conn.Close()
	}
	clear(d.inside)
}

// counted knows which connections came in.
type counted struct {
	net.Listener
	door *door
}

func (c counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.door.mu.Lock()
		c.door.inside[conn] = struct{}{}
		c.door.mu.Unlock()
	}
	return conn, err
}
