// Verify webhooks of Qingdan: HMAC-SHA256, Ed25519, HMAC-SM3. Go 1.20 or later, nothing else.
//
//	ok, err := Verify("hmac_sha256", "whsec_...", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"),
//		r.Header.Get("webhook-signature"), body, time.Now().Unix())
//
// Take the body as it came, byte for byte: verify first, read the JSON afterwards. The scheme is the one the
// subscription was given its key for. The Go library has no SM3 (GB/T 32905-2016); it stands below.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"math/bits"
	"os"
	"strconv"
	"strings"
)

const tolerance = 5 * 60
const leastKeyBytes = 24 // Standard Webhooks asks for as much; with an empty key anybody could sign

var versions = map[string]string{"hmac_sha256": "v1", "ed25519": "v1a", "hmac_sm3": "v1sm3"}

// Verify tells whether a request is genuine; key is whsec_... or, with Ed25519, whpk_... The error says that the key
// itself is none: mend the configuration, and answer 500 until then.
func Verify(scheme, key, id, timestamp, signature string, body []byte, now int64) (bool, error) {
	_, text, _ := strings.Cut(key, "_")
	secret, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return false, fmt.Errorf("the webhook key is no base64: %w", err)
	}
	if len(secret) < leastKeyBytes {
		return false, fmt.Errorf("the webhook key is empty or was cut off: %d bytes of at least %d", len(secret), leastKeyBytes)
	}
	seconds, err := strconv.ParseUint(timestamp, 10, 40) // digits alone, no sign
	if err != nil || id == "" {
		return false, nil
	}
	if off := now - int64(seconds); off > tolerance || off < -tolerance {
		return false, nil
	}
	content := append([]byte(id+"."+timestamp+"."), body...)
	found := false
	for _, part := range strings.Split(signature, " ") { // several while keys are exchanged
		version, text, _ := strings.Cut(part, ",")
		if given, err := base64.StdEncoding.DecodeString(text); err == nil && version == versions[scheme] {
			found = signed(scheme, secret, content, given) || found
		}
	}
	return found, nil
}

func signed(scheme string, secret, content, given []byte) bool {
	if scheme == "ed25519" {
		return len(secret) == ed25519.PublicKeySize && ed25519.Verify(secret, content, given)
	}
	algorithm := sha256.New
	if scheme == "hmac_sm3" {
		algorithm = func() hash.Hash { return &sm3{} }
	}
	code := hmac.New(algorithm, secret)
	code.Write(content)
	return hmac.Equal(code.Sum(nil), given)
}

// SM3 as a hash.Hash; it keeps what it is given and computes at the end.
type sm3 struct{ bytes.Buffer }

func (s *sm3) Size() int      { return 32 }
func (s *sm3) BlockSize() int { return 64 }

func (s *sm3) Sum(before []byte) []byte {
	message := bytes.Clone(s.Bytes())
	length := uint64(len(message)) * 8
	message = append(message, 0x80)
	message = append(message, make([]byte, (56-len(message)%64+64)%64)...)
	message = binary.BigEndian.AppendUint64(message, length)
	v := [8]uint32{0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e}
	for ; len(message) > 0; message = message[64:] {
		v = compress(v, message[:64])
	}
	for _, word := range v {
		before = binary.BigEndian.AppendUint32(before, word)
	}
	return before
}

func compress(v [8]uint32, block []byte) [8]uint32 {
	rotate := bits.RotateLeft32
	var w [68]uint32
	for j := range w {
		if j < 16 {
			w[j] = binary.BigEndian.Uint32(block[4*j:])
			continue
		}
		x := w[j-16] ^ w[j-9] ^ rotate(w[j-3], 15)
		w[j] = x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[j-13], 7) ^ w[j-6]
	}
	a, b, c, d, e, f, g, h := v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]
	for j := 0; j < 64; j++ {
		t, ff, gg := uint32(0x79cc4519), a^b^c, e^f^g
		if j >= 16 {
			t, ff, gg = 0x7a879d8a, a&b|a&c|b&c, e&f|^e&g
		}
		ss1 := rotate(rotate(a, 12)+e+rotate(t, j), 7)
		tt1 := ff + d + (ss1 ^ rotate(a, 12)) + (w[j] ^ w[j+4])
		tt2 := gg + h + ss1 + w[j]
		a, b, c, d = tt1, a, rotate(b, 9), c
		e, f, g, h = tt2^rotate(tt2, 9)^rotate(tt2, 17), e, rotate(f, 19), g
	}
	return [8]uint32{v[0] ^ a, v[1] ^ b, v[2] ^ c, v[3] ^ d, v[4] ^ e, v[5] ^ f, v[6] ^ g, v[7] ^ h}
}

// For the tests: a request a line, its seven parts in base64; answers true, false, or what is wrong with the key.
func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var part [7]string
		for i, field := range strings.Split(lines.Text(), "\t") {
			text, _ := base64.StdEncoding.DecodeString(field)
			part[i] = string(text)
		}
		now, _ := strconv.ParseInt(part[6], 10, 64)
		found, err := Verify(part[0], part[1], part[2], part[3], part[4], []byte(part[5]), now)
		if err != nil {
			fmt.Println(err)
		} else {
			fmt.Println(found)
		}
	}
}
