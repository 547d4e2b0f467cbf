using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>Tells whether a request's content can be sent again, and makes it so where its size allows.</summary>
internal static class ContentReplay
{
    // By the type of the value: finding a type's interfaces costs more than sending many a small content.
    private static readonly ConditionalWeakTable<Type, object> Sequences = [];
    private static readonly object Yes = new();
    private static readonly object No = new();

    /// <summary>Looks at a content without touching it.</summary>
    /// <remarks>The framework's own types alone: a type derived from one of them may do anything, so it counts as one-shot.</remarks>
    public static ReplayKind KindOf(HttpContent? content)
    {
        if (content is null)
        {
            return ReplayKind.Concurrent;
        }

        var type = content.GetType();
        if (type == typeof(ByteArrayContent) || type == typeof(StringContent) || type == typeof(FormUrlEncodedContent)
            || type == typeof(ReadOnlyMemoryContent))
        {
            return ReplayKind.Concurrent;
        }

        if (type == typeof(JsonContent))
        {
            return ((JsonContent)content).Value is { } value && IsAsyncSequence(value.GetType()) ? ReplayKind.OneShot : ReplayKind.Concurrent;
        }

        if (type == typeof(StreamContent))
        {
            return CanSeek((StreamContent)content) ? ReplayKind.Sequential : ReplayKind.OneShot;
        }

        return type == typeof(MultipartContent) || type == typeof(MultipartFormDataContent)
            ? WeakestOf((MultipartContent)content)
            : ReplayKind.OneShot;
    }

    /// <summary>Reads a content that can be sent once into its own memory: from then on it is as one that can be sent several times at once.</summary>
    /// <param name="oneShot">The content; whoever it belongs to reads it from memory too.</param>
    /// <param name="limit">How many bytes it may have.</param>
    /// <param name="ct">Ends the wait, also where the content does not listen to it.</param>
    /// <exception cref="HttpRequestException">The content could not be read, or has more bytes than allowed; it can not be sent any more.</exception>
    public static async ValueTask BufferAsync(HttpContent oneShot, int limit, CancellationToken ct)
    {
        var reading = oneShot.LoadIntoBufferAsync(limit, ct);
        try
        {
            await reading.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            reading.Forget();
            throw;
        }
    }

    private static ReplayKind WeakestOf(MultipartContent parts)
    {
        var weakest = ReplayKind.Concurrent;
        foreach (var part in parts)
        {
            var kind = KindOf(part);
            weakest = kind > weakest ? kind : weakest;
        }

        return weakest;
    }

    /// <summary>Whether the stream of a content can go back to its start.</summary>
    /// <remarks>
    /// The content shows its stream to nobody, but computes a length exactly if the stream can seek. Its header does not tell: one that was set by
    /// hand looks the same, and one that was computed is sent along with a part of a multipart content.
    /// </remarks>
    private static bool CanSeek(StreamContent content)
    {
        try
        {
            return TryComputeLength(content, out _);
        }
        catch (Exception exception) when (exception is NotSupportedException or IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    // Protected, so it stays as it is for those who derive from the type.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "TryComputeLength")]
    private static extern bool TryComputeLength(StreamContent content, out long length);

    private static bool IsAsyncSequence(Type type) =>
        Sequences.GetValue(type, static type => HasAsyncSequence(type) ? Yes : No) == Yes;

    [UnconditionalSuppressMessage(
        "Trimming", "IL2070", Justification = "An interface that was trimmed is one that the serializer does not find either.")]
    private static bool HasAsyncSequence(Type type) => type.GetInterfaces().Any(
        static type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>));
}
