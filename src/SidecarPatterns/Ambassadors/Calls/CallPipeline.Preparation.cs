namespace SidecarPatterns;

/// <content>What a call waits for before its first attempt: content that is kept aside, a credential, a place.</content>
internal sealed partial class CallPipeline
{
    /// <summary>What is known of the handlers below; set before the first call.</summary>
    public InnerHandlers Inner { get; set; } = new(ChangeHeaders: false, PrimaryJudgement.Unknown);

    /// <summary>Whether there is anything to be done to the request before it can be sent.</summary>
    private bool NeedsPreparation(Call call) =>
        call.Settings.Deadline is not null
        || (call.Settings.Egress is not null && EgressPolicy.MayUseHttp3(call.Request))
        || (call.Settings.Options.Retry.AddIdempotencyKey && !call.IsIdempotent)
        || !state.Endpoints.IsReady
        || (call.Request.Content is { } content && !call.IsUntouchable && !IsSentAsItIs(call, content.Headers.ContentLength));

    // What can be sent again, and is not so large that its sending is watched.
    private static bool IsSentAsItIs(Call call, long? length) => call.Replay != ReplayKind.OneShot && length <= call.Settings.Options.Content.LargeUploadFrom;

    /// <summary>Keeps the content aside where it can be sent once only, and adds what the server is to know.</summary>
    private async Task<HttpResponseMessage> PreparedAsync(Call call)
    {
        if (call.Settings.Options.Retry.AddIdempotencyKey && !call.IsIdempotent && call.Limits.IsIdempotent is null)
        {
            call.TakeKey();
        }

        if (call.Settings.Deadline is { } header)
        {
            call.CallersDeadline = header.Find(call.Request);
        }

        try
        {
            await KeepContentAsync(call).ConfigureAwait(false);
            await AcquireCredentialAsync(call).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The caller's content failed: nothing was sent.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!call.Caller.IsCancellationRequested && _clock.GetTimestamp() >= call.DueAt && !IsSuspended(call))
            {
                return Finish(call, TotalTimeout(exception));
            }

            var outcome = call.Caller.IsCancellationRequested ? new OperationCanceledException(call.Caller) : exception;
            return await RefusedAsync(call, outcome).ConfigureAwait(false);
        }

        if (await AdmitAsync(call, _clock.GetTimestamp()).ConfigureAwait(false) is { } refusal)
        {
            return refusal is TimeoutException ? Finish(call, TotalTimeout(refusal)) : await RefusedAsync(call, refusal).ConfigureAwait(false);
        }

        return await (Dress(call) is { } failure ? RefusedAsync(call, failure) : First(call, _clock.GetTimestamp())).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> RefusedAsync(Call call, Exception refusal)
    {
        Restore(call);
        return Refused(call, refusal);
    }

    /// <summary>Content that can be sent once only: a small one is kept, of any other it is watched whether it has been begun.</summary>
    private async ValueTask KeepContentAsync(Call call)
    {
        if (call.Request.Content is not { } content || call.IsUntouchable)
        {
            return;
        }

        var options = call.Settings.Options.Content;
        var length = content.Headers.ContentLength;
        if (call.Replay == ReplayKind.OneShot && call.IsIdempotent && length <= options.BufferRequestsUpTo)
        {
            await BufferAsync(call, content, options.BufferRequestsUpTo).ConfigureAwait(false);
            call.Replay = ReplayKind.Concurrent;
        }
        else if (!IsSentAsItIs(call, length))
        {
            call.Keep();
            call.Tracker = new ContentTracker(content, OnProgress(call, options.LargeUploadFrom, length), OnBegin(call));
        }
    }

    /// <summary>Reads content into memory, no longer than the call has time.</summary>
    private async ValueTask BufferAsync(Call call, HttpContent content, int limit)
    {
        var buffering = ContentReplay.BufferAsync(content, limit, call.Caller).AsTask();
        try
        {
            await WaitInTime(call, buffering, CancellationToken.None).ConfigureAwait(false); // It goes by the caller's token itself.
        }
        catch (TimeoutException)
        {
            buffering.Forget();
            throw;
        }
    }

    /// <summary>With each part of a large upload, the time of its attempt starts again.</summary>
    private Action<long> OnProgress(Call call, int largeFrom, long? length) => sent =>
    {
        if ((length ?? sent) > largeFrom)
        {
            Extend(call);
        }
    };

    /// <summary>Once content that can be sent once only has begun, no other attempt can follow.</summary>
    private Action? OnBegin(Call call) => call.Replay == ReplayKind.OneShot ? () => Extend(call) : null;

    /// <summary>The time of the attempt starts again; that of one which no other can follow any more is what the call has left.</summary>
    private void Extend(Call call)
    {
        // In the place of the retry the scope is that of all attempts.
        if (call.Settings.Pipelines.Retry is null && call.Scope is { } scope)
        {
            scope.Extend(DueOf(call, _clock.GetTimestamp()));
        }
    }
}
