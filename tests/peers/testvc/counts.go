// Counts what clients do, for tests that assert on traffic.
// It counts what reached the front, whether or not a rule let it reach the simulator.

package main

import (
	"maps"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

type counts struct {
	bytes       atomic.Int64
	connections atomic.Int64
	open        atomic.Int64

	mu    sync.Mutex
	calls map[string]int
}

// countsAnswer is GET /counts. Bytes are of answer bodies as sent; connections are those accepted.
type countsAnswer struct {
	Calls           map[string]int `json:"calls"`
	BytesOut        int64          `json:"bytes_out"`
	Connections     int64          `json:"connections"`
	OpenConnections int64          `json:"open_connections"`
}

func (c *counts) call(method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[method]++
}

func (c *counts) connection(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.connections.Add(1)
		c.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.open.Add(-1)
	}
}

func (c *counts) read() countsAnswer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return countsAnswer{
		Calls:           maps.Clone(c.calls),
		BytesOut:        c.bytes.Load(),
		Connections:     c.connections.Load(),
		OpenConnections: c.open.Load(),
	}
}

// reset starts over; connections that are open stay counted as open.
func (c *counts) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.calls)
	c.bytes.Store(0)
	c.connections.Store(0)
}
