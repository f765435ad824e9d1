// Command agent keeps a table of nodes and serves what it knows of sessions.
package main

import (
	"log"
	"net/http"
	"time"

	"example.org/agent/internal/jobs"
	"example.org/agent/internal/kept"
	"example.org/agent/internal/leases"
	"example.org/agent/internal/nodes"
	"example.org/agent/internal/routes"
	"example.org/agent/internal/sessions"
)

func main() {
	table := nodes.New()
	go refresh(table)
	held := leases.New()
	go renew(held)
	go expire(held)
	queue := jobs.New()
	for i := 0; i < 4; i++ {
		go work(queue)
	}
	open := sessions.New()
	http.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		open.Begin(r.FormValue("user"))
	})
	peers := kept.New("/var/lib/agent")
	http.HandleFunc("/peer", func(w http.ResponseWriter, r *http.Request) {
		peers.Get(r.FormValue("name")).Meet(r.FormValue("with"))
		peers.Number(r.FormValue("name")).Meet(r.FormValue("with"))
		_ = peers.Forget(r.FormValue("name"))
		_ = kept.Write(r.FormValue("path"), []byte(r.FormValue("text")))
		_ = kept.Drop(r.FormValue("path"))
	})
	guests := kept.NewGuests()
	http.HandleFunc("/guest", func(w http.ResponseWriter, r *http.Request) {
		guests.Number(r.FormValue("name")).Meet(r.FormValue("with"))
	})
	serve(routes.New())
	log.Fatal(http.ListenAndServe("localhost:0", nil))
}

// refresh is the only goroutine that changes the table.
func refresh(table *nodes.Table) {
	for {
		table.Admit("self")
		time.Sleep(time.Minute)
	}
}

func renew(held *leases.Held) {
	for {
		held.Grant("a")
		time.Sleep(time.Second)
	}
}

func expire(held *leases.Held) {
	for {
		held.Grant("b")
		time.Sleep(time.Second)
	}
}

func work(queue *jobs.Queue) {
	for {
		queue.Claim("next")
	}
}

// A Router knows where to go.
type Router interface {
	Learn(name string) bool
}

type handler struct {
	router Router
}

func serve(router Router) {
	http.Handle("/route", &handler{router: router})
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.router.Learn(r.URL.Path) {
		w.WriteHeader(http.StatusCreated)
	}
}
