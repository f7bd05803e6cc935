// Command proxies is two proxies for the tests, one for SOCKS5 and one for HTTP, each made of a library that others use too.
//
// It listens on 127.0.0.1 only and connects to 127.0.0.1 only: a name that it was told resolves to that, and no other name
// resolves at all. It remembers what it was asked for, so that a test sees who resolved a name.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// ready is the line that tells a test where everything is.
type ready struct {
	Socks   string `json:"socks"`
	HTTP    string `json:"http"`
	Control string `json:"control"`
}

func main() {
	names := flag.String("names", "", "names that resolve to 127.0.0.1, comma-separated")
	user := flag.String("user", "", "let in this user only, who needs no password; over HTTP nobody")
	flag.Parse()
	if err := run(strings.Split(*names, ","), *user); err != nil {
		fmt.Fprintln(os.Stderr, "proxies:", err)
		os.Exit(1)
	}
}

func run(names []string, user string) error {
	asked := newAsked(names)
	socks, err := open(newSocks(asked, user))
	if err != nil {
		return err
	}
	web, err := openHTTP(newHTTP(asked, user))
	if err != nil {
		return err
	}
	control, err := openHTTP(routes(asked, socks, web))
	if err != nil {
		return err
	}
	line, err := json.Marshal(ready{socks.address, web.address, control.address})
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	// The read ends when the test process does, however it died, so nothing is ever leaked.
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// routes is the control port: plain HTTP with JSON, for the test that started this process.
func routes(asked *asked, doors ...*door) http.Handler {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, value any, err error) {
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			value = map[string]string{"error": err.Error()}
		}
		_ = json.NewEncoder(w).Encode(value)
	}
	done := map[string]bool{"ok": true}
	mux.HandleFunc("GET /asked", func(w http.ResponseWriter, _ *http.Request) { answer(w, asked.read(), nil) })
	mux.HandleFunc("POST /refuse", func(w http.ResponseWriter, _ *http.Request) {
		asked.refuse()
		answer(w, done, nil)
	})
	mux.HandleFunc("POST /stop", func(w http.ResponseWriter, _ *http.Request) {
		for _, door := range doors {
			door.close()
		}
		answer(w, done, nil)
	})
	mux.HandleFunc("POST /start", func(w http.ResponseWriter, _ *http.Request) {
		var errs []error
		for _, door := range doors {
			errs = append(errs, door.reopen())
		}
		answer(w, done, errors.Join(errs...))
	})
	return mux
}
