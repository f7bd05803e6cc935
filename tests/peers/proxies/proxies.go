// The two proxies, each made of its library.

package main

import (
	"context"
	"io"
	logging "log"
	"net"
	"net/http"
	"strconv"

	"github.com/elazarl/goproxy"
	"github.com/things-go/go-socks5"
)

// newSocks lets in everybody, or a user by that name without a password.
func newSocks(asked *asked, user string) func(net.Listener) error {
	options := []socks5.Option{
		socks5.WithResolver(asked),
		socks5.WithRule(rule{asked}),
		socks5.WithDial(func(_ context.Context, network, target string) (net.Conn, error) {
			return asked.connect(network, target)
		}),
	}
	if user != "" {
		options = append(options, socks5.WithCredential(socks5.StaticCredentials{user: ""}))
	}
	return socks5.NewServer(options...).Serve
}

// rule notes who wants a connection to what, by the name that it came as.
type rule struct{ asked *asked }

func (r rule) Allow(ctx context.Context, request *socks5.Request) (context.Context, bool) {
	host := request.RawDestAddr.FQDN
	if host == "" {
		host = request.RawDestAddr.IP.String()
	}
	target := net.JoinHostPort(host, strconv.Itoa(request.RawDestAddr.Port))
	wanted := connection{Proxy: "socks", Target: target}
	if request.AuthContext != nil {
		wanted.User = request.AuthContext.Payload["username"]
	}
	return ctx, r.asked.allows(wanted)
}

// newHTTP lets in everybody, or nobody if there is a user to be: over HTTP one takes a password.
func newHTTP(asked *asked, user string) http.Handler {
	proxy := goproxy.NewProxyHttpServer()
	proxy.Logger = logging.New(io.Discard, "", 0)
	proxy.ConnectDial = asked.connect
	proxy.OnRequest().HandleConnectFunc(func(host string, ctx *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
		refuse := func(status int) (*goproxy.ConnectAction, string) {
			ctx.Resp = goproxy.NewResponse(ctx.Req, goproxy.ContentTypeText, status, "no")
			return goproxy.RejectConnect, host
		}
		switch {
		case !asked.allows(connection{Proxy: "http", Target: host}):
			return refuse(http.StatusForbidden)
		case user != "":
			return refuse(http.StatusProxyAuthRequired)
		}
		return goproxy.OkConnect, host
	})
	return proxy
}
