//go:build linux

// Package port keeps a port for a server that stops listening and begins again where it was.
//
// While nobody listens there, a connection is refused, and nobody else is given the port: what starts meanwhile on the same
// machine would take it otherwise. That two sockets may be bound there, of which one listens, is Linux's.
package port

import (
	"fmt"
	"syscall"
)

// Keep chooses a free port of 127.0.0.1 and keeps it until the process ends; only who asks for it by its number gets it.
func Keep() (int, error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("a socket: %w", err)
	}
	// Without it a listener could not bind where this socket is bound.
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, fmt.Errorf("a shared port: %w", err)
	}
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, fmt.Errorf("a free port: %w", err)
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		return 0, fmt.Errorf("the number of the port: %w", err)
	}
	address, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		return 0, fmt.Errorf("a port of IPv4 is expected, not %v", name)
	}
	return address.Port, nil
}
