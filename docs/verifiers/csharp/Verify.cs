// Verify webhooks of Qingdan: HMAC-SHA256, Ed25519, HMAC-SM3. .NET Framework 4.6, Mono or .NET 6 and later, nothing else
// (System.Numerics belongs to all of them).
//
//     Verify.Request("hmac_sha256", "whsec_...", id, timestamp, signature, rawBody, unixSeconds)
//
// id, timestamp and signature are the headers webhook-id, webhook-timestamp and webhook-signature, null when missing.
// Take the body as it came, byte for byte: verify first, read the JSON afterwards. The scheme is the one the
// subscription was given its key for. The library of .NET has neither SM3 (GB/T 32905-2016) nor Ed25519 (RFC 8032);
// both stand below. Verifying Ed25519 uses public values alone, so it need not take constant time; it takes some
// milliseconds. Who receives thousands a second takes NSec or BouncyCastle for it.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

public static class Verify
{
    const long Tolerance = 5 * 60;
    const int LeastKeyBytes = 24; // Standard Webhooks asks for as much; with an empty key anybody could sign
    static readonly Dictionary<string, string> Versions = new Dictionary<string, string>
        { { "hmac_sha256", "v1" }, { "ed25519", "v1a" }, { "hmac_sm3", "v1sm3" } };

    // Throws ArgumentException when the key itself is none: mend the configuration, and answer 500 until then.
    public static bool Request(
        string scheme, string key, string id, string timestamp, string signature, byte[] body, long now)
    {
        byte[] secret = Convert.FromBase64String(key.Substring(key.IndexOf('_') + 1));
        if (secret.Length < LeastKeyBytes)
            throw new ArgumentException(
                "the webhook key is empty or was cut off: " + secret.Length + " bytes of at least " + LeastKeyBytes);
        if (string.IsNullOrEmpty(id) || timestamp == null || !Regex.IsMatch(timestamp, "\\A[0-9]{1,12}\\z")) return false;
        if (Math.Abs(now - long.Parse(timestamp)) > Tolerance) return false;
        byte[] content = Encoding.UTF8.GetBytes(id + "." + timestamp + ".").Concat(body).ToArray();
        bool found = false;
        foreach (string part in (signature ?? "").Split(' ')) // several while keys are exchanged
        {
            int comma = part.IndexOf(',');
            if (comma < 0 || part.Substring(0, comma) != Versions[scheme]) continue;
            try { found |= Signed(scheme, secret, content, Convert.FromBase64String(part.Substring(comma + 1))); }
            catch (FormatException) { } // no base64: another one may be right
        }
        return found;
    }

    static bool Signed(string scheme, byte[] secret, byte[] content, byte[] given)
    {
        if (scheme == "ed25519") return Ed25519.Verify(secret, content, given);
        if (scheme == "hmac_sm3") return Same(HmacSm3(secret, content), given);
        using (var code = new HMACSHA256(secret)) return Same(code.ComputeHash(content), given);
    }

    // Takes the same time wherever they differ.
    static bool Same(byte[] one, byte[] other)
    {
        int difference = one.Length ^ other.Length;
        for (int i = 0; i < one.Length && i < other.Length; i++) difference |= one[i] ^ other[i];
        return difference == 0;
    }

    // HMAC (RFC 2104) over SM3.
    static byte[] HmacSm3(byte[] secret, byte[] content)
    {
        byte[] key = secret.Length > 64 ? Sm3(secret) : secret;
        Array.Resize(ref key, 64);
        byte[] inner = Sm3(key.Select(b => (byte)(b ^ 0x36)).Concat(content).ToArray());
        return Sm3(key.Select(b => (byte)(b ^ 0x5c)).Concat(inner).ToArray());
    }

    static uint Rotate(uint word, int bits)
    {
        bits &= 31;
        return bits == 0 ? word : word << bits | word >> (32 - bits);
    }

    public static byte[] Sm3(byte[] message)
    {
        unchecked
        {
            byte[] padded = new byte[(message.Length + 9 + 63) / 64 * 64];
            message.CopyTo(padded, 0);
            padded[message.Length] = 0x80;
            long length = message.Length * 8L;
            for (int i = 1; i <= 8; i++, length >>= 8) padded[padded.Length - i] = (byte)length;
            uint[] v = { 0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e };
            for (int start = 0; start < padded.Length; start += 64)
            {
                uint[] w = new uint[68];
                for (int j = 0; j < 16; j++)
                    for (int k = 0; k < 4; k++) w[j] = w[j] << 8 | padded[start + 4 * j + k];
                for (int j = 16; j < 68; j++)
                {
                    uint x = w[j - 16] ^ w[j - 9] ^ Rotate(w[j - 3], 15);
                    w[j] = x ^ Rotate(x, 15) ^ Rotate(x, 23) ^ Rotate(w[j - 13], 7) ^ w[j - 6];
                }
                uint a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
                for (int j = 0; j < 64; j++)
                {
                    uint ss1 = Rotate(Rotate(a, 12) + e + Rotate(j < 16 ? 0x79cc4519u : 0x7a879d8au, j), 7);
                    uint ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
                    uint gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
                    uint tt1 = ff + d + (ss1 ^ Rotate(a, 12)) + (w[j] ^ w[j + 4]);
                    uint tt2 = gg + h + ss1 + w[j];
                    d = c; c = Rotate(b, 9); b = a; a = tt1;
                    h = g; g = Rotate(f, 19); f = e; e = tt2 ^ Rotate(tt2, 9) ^ Rotate(tt2, 17);
                }
                uint[] next = { a, b, c, d, e, f, g, h };
                for (int i = 0; i < 8; i++) v[i] ^= next[i];
            }
            return v.SelectMany(word => new[] { (byte)(word >> 24), (byte)(word >> 16), (byte)(word >> 8), (byte)word })
                .ToArray();
        }
    }

    // For the tests: a request a line, its seven parts in base64; answers true, false, or what is wrong with the key.
    public static void Main()
    {
        for (string line = Console.ReadLine(); line != null; line = Console.ReadLine())
        {
            byte[][] part = line.Split('\t').Select(Convert.FromBase64String).ToArray();
            string[] text = part.Select(bytes => Encoding.UTF8.GetString(bytes)).ToArray();
            try
            {
                bool found = Request(text[0], text[1], text[2], text[3], text[4], part[5], long.Parse(text[6]));
                Console.WriteLine(found ? "true" : "false");
            }
            catch (ArgumentException noKey) { Console.WriteLine(noKey.Message); }
        }
    }
}

// RFC 8032 in the extended coordinates of its section 5.1.4: X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z.
public static class Ed25519
{
    static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;
    static readonly BigInteger Order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");
    static readonly BigInteger D = Mod(-121665 * Inverse(121666));
    static readonly BigInteger[] Base = Point(Mod(4 * Inverse(5)), 0);

    public static bool Verify(byte[] key, byte[] content, byte[] signature)
    {
        if (key.Length != 32 || signature.Length != 64) return false;
        byte[] first = signature.Take(32).ToArray();
        BigInteger[] commitment = Decoded(first), holder = Decoded(key);
        BigInteger scalar = Number(signature.Skip(32));
        if (commitment == null || holder == null || scalar >= Order) return false;
        BigInteger challenge;
        using (var sha = SHA512.Create())
            challenge = Number(sha.ComputeHash(first.Concat(key).Concat(content).ToArray())) % Order;
        BigInteger[] left = Times(scalar, Base), right = Add(commitment, Times(challenge, holder));
        return Mod(left[0] * right[2] - right[0] * left[2]).IsZero && Mod(left[1] * right[2] - right[1] * left[2]).IsZero;
    }

    static BigInteger Mod(BigInteger value) { return (value % P + P) % P; }
    static BigInteger Inverse(BigInteger value) { return BigInteger.ModPow(value, P - 2, P); }
    static BigInteger Number(IEnumerable<byte> little) { return new BigInteger(little.Concat(new byte[] { 0 }).ToArray()); }

    static BigInteger[] Decoded(byte[] encoded)
    {
        BigInteger number = Number(encoded), half = BigInteger.Pow(2, 255);
        return Point(number % half, (int)(number / half));
    }

    // The point with this y whose x is odd or even as told; null when there is none.
    static BigInteger[] Point(BigInteger y, int odd)
    {
        if (y >= P) return null;
        BigInteger square = Mod((y * y - 1) * Inverse(D * y * y + 1));
        BigInteger x = BigInteger.ModPow(square, (P + 3) / 8, P);
        if (!Mod(x * x - square).IsZero) x = Mod(x * BigInteger.ModPow(2, (P - 1) / 4, P));
        if (!Mod(x * x - square).IsZero || (x.IsZero && odd == 1)) return null;
        if ((int)(x % 2) != odd) x = P - x;
        return new[] { x, y, BigInteger.One, Mod(x * y) };
    }

    static BigInteger[] Add(BigInteger[] one, BigInteger[] other)
    {
        BigInteger a = Mod((one[1] - one[0]) * (other[1] - other[0])), b = Mod((one[1] + one[0]) * (other[1] + other[0]));
        BigInteger c = Mod(2 * one[3] * other[3] * D), d = Mod(2 * one[2] * other[2]);
        BigInteger e = b - a, f = d - c, g = d + c, h = b + a;
        return new[] { Mod(e * f), Mod(g * h), Mod(f * g), Mod(e * h) };
    }

    static BigInteger[] Times(BigInteger scalar, BigInteger[] start)
    {
        BigInteger[] total = { 0, 1, 1, 0 };
        for (; !scalar.IsZero; scalar >>= 1)
        {
            if (!scalar.IsEven) total = Add(total, start);
            start = Add(start, start);
        }
        return total;
    }
}
