namespace SidecarPatterns;

/// <summary>What files have in common, one or many: they are read whole, and again if somebody wrote them meanwhile.</summary>
/// <typeparam name="TStamp">By what one writing is told from another.</typeparam>
internal abstract class FileReading<TStamp>(TimeProvider clock) : IDocumentSource
    where TStamp : IEquatable<TStamp>
{
    private Task<FileStream>? _opening; // Of what has no length.

    public async Task<Fetched> FetchAsync(FetchRequest request, CancellationToken ct)
    {
        try
        {
            return await FetchWholeAsync(request, ct).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SourceAwayException($"it can not be read ({exception.GetType().Name})", exception) { IsTransient = true };
        }
    }

    public ValueTask DisposeAsync() => default;

    /// <summary>Looks at what is there, without reading it.</summary>
    protected abstract TStamp Look();

    /// <summary>Reads what is there.</summary>
    /// <exception cref="DocumentRefusedException">It is too large.</exception>
    protected abstract Task<ConfigurationDocument> ReadAsync(TStamp stamp, int maxSize, CancellationToken ct);

    /// <summary>Whether what a look has seen can not change any more, but only be replaced.</summary>
    protected abstract bool IsReplacedAsWhole(TStamp stamp);

    /// <summary>Whether every further writing would show in another look.</summary>
    protected abstract bool IsOld(TStamp stamp);

    /// <summary>All of a file, but no more than a version may have.</summary>
    /// <exception cref="DocumentRefusedException">It is larger.</exception>
    protected async Task<byte[]> ReadFileAsync(FileStamp stamp, long maxSize, CancellationToken ct)
    {
        var file = stamp.Length > 0 ? Open(stamp.Path) : await OpenEmptyAsync(stamp.Path, ct).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            if (!file.CanSeek)
            {
                throw new IOException("it is a pipe, or a device");
            }

            if (file.Length > maxSize)
            {
                throw new DocumentRefusedException($"it has more than {maxSize:N0} bytes, which {nameof(ConfigurationAgentOptions.MaxSize)} leaves");
            }

            // One byte more than there should be: whether it grows while it is read.
            var buffer = new byte[file.Length + 1];
            var read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false);
            return read == buffer.Length ? throw new IOException("it grows") : buffer[..read];
        }
    }

    /// <summary>Opens what has no length: an empty file, or a named pipe, and that waits for whoever writes to it, in a call that nothing ends.</summary>
    private async Task<FileStream> OpenEmptyAsync(string path, CancellationToken ct)
    {
        if (_opening is { IsCompleted: false })
        {
            throw new IOException("one that was opened before does not open"); // No second thread is to wait beside that one.
        }

        _opening = Task.Run(() => Open(path), CancellationToken.None);
        try
        {
            return await _opening.WaitAsync(ConfigurationAgentConstants.OpenTimeout, ct).ConfigureAwait(false); // By the time of the system that is waited for.
        }
        catch (TimeoutException exception)
        {
            CloseOnceOpen(_opening);
            throw new IOException("it does not open", exception);
        }
        catch (OperationCanceledException)
        {
            CloseOnceOpen(_opening);
            throw;
        }
    }

    private static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Share = FileShare.ReadWrite | FileShare.Delete,
        Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
        BufferSize = 0,
    });

    private static void CloseOnceOpen(Task<FileStream> opening) => _ = opening.ContinueWith(
        static late => (late.Exception is null ? late.Result : null)?.Dispose(), TaskScheduler.Default);

    private async Task<Fetched> FetchWholeAsync(FetchRequest request, CancellationToken ct)
    {
        for (var reading = 1; ; reading++)
        {
            var isLast = reading == ConfigurationAgentConstants.MaxReadings;
            try
            {
                var stamp = Look();
                if (request.Known is TStamp known && known.Equals(stamp))
                {
                    return default;
                }

                if (await IsSettledAsync(request, stamp, ct).ConfigureAwait(false)
                    && await TryReadAsync(request, stamp, ct).ConfigureAwait(false) is { } document)
                {
                    return new Fetched(document);
                }

                if (isLast)
                {
                    throw new SourceAwayException("it is written while it is read, time and again") { IsTransient = true };
                }
            }
            catch (IOException) when (!isLast)
            {
                // What a look has seen was replaced and is gone; if it is gone for good, the last reading tells so.
            }
        }
    }

    /// <returns><see langword="null"/> if somebody wrote meanwhile.</returns>
    private async Task<ConfigurationDocument?> TryReadAsync(FetchRequest request, TStamp stamp, CancellationToken ct)
    {
        try
        {
            var document = await ReadAsync(stamp, request.Options.MaxSize, ct).ConfigureAwait(false);
            return Look().Equals(stamp) ? document.MarkedBy(IsOld(stamp) ? stamp : null) : null;
        }
        catch (DocumentRefusedException) when (!Look().Equals(stamp))
        {
            return null;
        }
    }

    // While the application starts it does not wait for somebody who writes: what is there is read.
    private async Task<bool> IsSettledAsync(FetchRequest request, TStamp stamp, CancellationToken ct)
    {
        if (request.IsFirst || request.Options.SettleTime == TimeSpan.Zero || IsReplacedAsWhole(stamp))
        {
            return true;
        }

        await Task.Delay(request.Options.SettleTime, clock, ct).ConfigureAwait(false);
        return Look().Equals(stamp);
    }
}
