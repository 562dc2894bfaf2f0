// Verify webhooks of Qingdan: HMAC-SHA256, Ed25519, HMAC-SM3. Java 17 or later, nothing else.
//
//     Verify.verify("hmac_sha256", "whsec_...", id, timestamp, signature, rawBody, Instant.now().getEpochSecond())
//
// id, timestamp and signature are the headers webhook-id, webhook-timestamp and webhook-signature, null when missing.
// Take the body as it came, byte for byte: verify first, read the JSON afterwards. The scheme is the one the
// subscription was given its key for. The Java library has no SM3 (GB/T 32905-2016); it stands below.

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class Verify {
    private static final long TOLERANCE = 5 * 60;
    // Standard Webhooks asks for as much; with an empty key anybody could sign.
    private static final int LEAST_KEY_BYTES = 24;
    private static final Map<String, String> VERSIONS =
        Map.of("hmac_sha256", "v1", "ed25519", "v1a", "hmac_sm3", "v1sm3");
    // An Ed25519 key in DER begins with this.
    private static final byte[] SPKI = HexFormat.of().parseHex("302a300506032b6570032100");

    // Throws IllegalArgumentException when the key itself is none: mend the configuration, and answer 500 until then.
    public static boolean verify(
            String scheme, String key, String id, String timestamp, String signature, byte[] body, long now)
            throws GeneralSecurityException {
        byte[] secret = Base64.getDecoder().decode(key.substring(key.indexOf('_') + 1));
        if (secret.length < LEAST_KEY_BYTES) {
            throw new IllegalArgumentException("the webhook key is empty or was cut off: " + secret.length
                + " bytes of at least " + LEAST_KEY_BYTES);
        }
        if (id == null || id.isEmpty() || timestamp == null || !timestamp.matches("[0-9]{1,12}")) return false;
        if (Math.abs(now - Long.parseLong(timestamp)) > TOLERANCE) return false;
        byte[] content = join((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8), body);
        boolean found = false;
        for (String part : (signature == null ? "" : signature).split(" ")) { // several while keys are exchanged
            int comma = part.indexOf(',');
            if (comma < 0 || !part.substring(0, comma).equals(VERSIONS.get(scheme))) continue;
            try {
                found |= signed(scheme, secret, content, Base64.getDecoder().decode(part.substring(comma + 1)));
            } catch (IllegalArgumentException noBase64) {
                // another one may be right
            }
        }
        return found;
    }

    private static boolean signed(String scheme, byte[] secret, byte[] content, byte[] given)
            throws GeneralSecurityException {
        if (scheme.equals("hmac_sm3")) return MessageDigest.isEqual(hmacSm3(secret, content), given);
        if (scheme.equals("hmac_sha256")) {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return MessageDigest.isEqual(mac.doFinal(content), given);
        }
        PublicKey key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(join(SPKI, secret)));
        Signature verifier = Signature.getInstance("Ed25519");
        verifier.initVerify(key);
        verifier.update(content);
        try {
            return verifier.verify(given);
        } catch (SignatureException notEvenOne) {
            return false;
        }
    }

    // HMAC (RFC 2104) over SM3.
    private static byte[] hmacSm3(byte[] secret, byte[] content) {
        byte[] key = Arrays.copyOf(secret.length > 64 ? sm3(secret) : secret, 64);
        byte[] inner = new byte[64], outer = new byte[64];
        for (int i = 0; i < 64; i++) {
            inner[i] = (byte) (key[i] ^ 0x36);
            outer[i] = (byte) (key[i] ^ 0x5c);
        }
        return sm3(join(outer, sm3(join(inner, content))));
    }

    static byte[] sm3(byte[] message) {
        ByteBuffer padded = ByteBuffer.allocate((message.length + 9 + 63) / 64 * 64);
        padded.put(message).put((byte) 0x80).putLong(padded.capacity() - 8, message.length * 8L).rewind();
        int[] v = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};
        while (padded.hasRemaining()) {
            int[] w = new int[68];
            for (int j = 0; j < 16; j++) w[j] = padded.getInt();
            for (int j = 16; j < 68; j++) {
                int x = w[j - 16] ^ w[j - 9] ^ rotate(w[j - 3], 15);
                w[j] = x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[j - 13], 7) ^ w[j - 6];
            }
            int a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
            for (int j = 0; j < 64; j++) {
                int ss1 = rotate(rotate(a, 12) + e + rotate(j < 16 ? 0x79cc4519 : 0x7a879d8a, j), 7);
                int ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
                int gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
                int tt1 = ff + d + (ss1 ^ rotate(a, 12)) + (w[j] ^ w[j + 4]);
                int tt2 = gg + h + ss1 + w[j];
                d = c;
                c = rotate(b, 9);
                b = a;
                a = tt1;
                h = g;
                g = rotate(f, 19);
                f = e;
                e = tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17);
            }
            int[] next = {a, b, c, d, e, f, g, h};
            for (int i = 0; i < 8; i++) v[i] ^= next[i];
        }
        ByteBuffer digest = ByteBuffer.allocate(32);
        for (int word : v) digest.putInt(word);
        return digest.array();
    }

    private static int rotate(int word, int bits) {
        return Integer.rotateLeft(word, bits);
    }

    private static byte[] join(byte[] first, byte[] second) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(first.length + second.length);
        out.writeBytes(first);
        out.writeBytes(second);
        return out.toByteArray();
    }

    // For the tests: a request a line, its seven parts in base64; answers true, false, or what is wrong with the key.
    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            byte[][] part = new byte[7][];
            String[] fields = line.split("\t", -1);
            for (int i = 0; i < 7; i++) part[i] = Base64.getDecoder().decode(fields[i]);
            try {
                System.out.println(verify(text(part[0]), text(part[1]), text(part[2]), text(part[3]), text(part[4]),
                    part[5], Long.parseLong(text(part[6]))));
            } catch (IllegalArgumentException noKey) {
                System.out.println(noKey.getMessage());
            }
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
