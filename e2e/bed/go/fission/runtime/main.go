// runtime: what a pod of a Fission pool runs in the bed. It takes any function, and answers each call with the name of the node that it is on.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/specialize", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/v2/specialize", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, os.Getenv("NODE_NAME")) })
	log.Fatal(http.ListenAndServe(":8888", nil))
}
