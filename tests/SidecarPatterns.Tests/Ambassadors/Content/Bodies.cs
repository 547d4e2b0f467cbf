namespace SidecarPatterns.Tests;

/// <summary>Bytes of a body that tell where they belong.</summary>
internal static class Bodies
{
    public static byte[] OfLength(int length) => [.. Enumerable.Range(0, length).Select(static i => (byte)((i * 31) + (i >> 8)))];

    public static async Task<byte[]> SentAsync(this HttpContent content)
    {
        using var target = new MemoryStream();
        await content.CopyToAsync(target);
        return target.ToArray();
    }

    public static byte[] Sent(this HttpContent content)
    {
        using var target = new MemoryStream();
        content.CopyTo(target, null, CancellationToken.None);
        return target.ToArray();
    }
}
