using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace SidecarPatterns;

/// <summary>What a client shows in the place of a secret (RFC 7523, section 2.2).</summary>
internal abstract class ClientAssertion
{
    public const string Type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    /// <summary>The user's part in it, by which two are the same.</summary>
    public abstract Delegate Origin { get; }

    public abstract ValueTask<string> CreateAsync(string clientId, Uri audience, DateTimeOffset now, CancellationToken ct);
}

/// <summary>One that somebody else makes.</summary>
internal sealed class GivenAssertion(Func<CancellationToken, ValueTask<string>> create) : ClientAssertion
{
    public override Delegate Origin => create;

    public override ValueTask<string> CreateAsync(string clientId, Uri audience, DateTimeOffset now, CancellationToken ct) => create(ct);
}

/// <summary>One that is made here and signed elsewhere.</summary>
internal sealed class SignedAssertion(string algorithm, string? keyId, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<byte[]>> sign) : ClientAssertion
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5); // As long as clocks may differ; it is used at once.

    public override Delegate Origin => sign;

    public override async ValueTask<string> CreateAsync(string clientId, Uri audience, DateTimeOffset now, CancellationToken ct)
    {
        var content = $"{Encode(WriteHead)}.{Encode(writer => WriteClaims(writer, clientId, audience, now))}";
        var signature = await sign(Encoding.ASCII.GetBytes(content), ct).ConfigureAwait(false);
        return $"{content}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Base64Url.EncodeToString(buffer.WrittenSpan);
    }

    private static void WriteClaims(Utf8JsonWriter writer, string clientId, Uri audience, DateTimeOffset now)
    {
        writer.WriteString("iss", clientId);
        writer.WriteString("sub", clientId);
        writer.WriteString("aud", audience.AbsoluteUri);
        writer.WriteString("jti", Guid.NewGuid().ToString("N")); // Good once.
        writer.WriteNumber("iat", now.ToUnixTimeSeconds());
        writer.WriteNumber("exp", (now + Lifetime).ToUnixTimeSeconds());
    }

    private void WriteHead(Utf8JsonWriter writer)
    {
        writer.WriteString("alg", algorithm);
        writer.WriteString("typ", "JWT");
        if (keyId is not null)
        {
            writer.WriteString("kid", keyId);
        }
    }
}
