// Command imagetool does the two parts of making container images that want a tool of their own: a file tree becomes a layer whose bytes
// repeat, and finished images go to a registry. Configurations and manifests are decided by the caller, in TypeScript.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// One JSON document comes in on standard input (a registry's password must not be in the arguments), one goes out on standard output.
func main() {
	verbs := map[string]func(*json.Decoder) (any, error){"layer": layer, "push": push}
	if len(os.Args) != 2 || verbs[os.Args[1]] == nil {
		fmt.Fprintf(os.Stderr, "imagetool: want one argument, layer or push, got %q\n", os.Args[1:])
		os.Exit(64)
	}
	request := json.NewDecoder(os.Stdin)
	request.DisallowUnknownFields()
	answer, err := verbs[os.Args[1]](request)
	if err != nil {
		fmt.Fprintf(os.Stderr, "imagetool %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		fmt.Fprintf(os.Stderr, "imagetool %s: writing the answer: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
