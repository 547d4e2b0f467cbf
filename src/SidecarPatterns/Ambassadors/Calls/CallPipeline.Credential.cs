using System.Net;

namespace SidecarPatterns;

/// <content>The credential: waited for before anything of an endpoint's is taken, put on last of all, and renewed once when the server refuses it.</content>
internal sealed partial class CallPipeline
{
    /// <summary>Whether the call is made with a credential, and what speaks against sending it where the call goes.</summary>
    private AmbassadorAuthenticationException? FindCredentialRefusal(Call call, CredentialCache credentials)
    {
        if (HasOneOf(call.Request, CredentialHeadersOf(credentials)))
        {
            return null; // The caller's own.
        }

        call.Credentials = credentials;
        var problem = Inner.Primary.FollowsRedirects
            ? "its primary handler, which has sent requests before, follows redirects by itself and would take it along"
            : call.Settings.CredentialOrigin.FindProblem(call.Request.RequestUri);
        return problem is not null
            ? new AmbassadorAuthenticationException(state.Name, $"Ambassador '{state.Name}' sends no request without its credential, and {problem}: nothing was sent.")
            : null;
    }

    /// <summary>The headers that the client's credential is in, as far as they are known.</summary>
    private static IReadOnlyList<string> CredentialHeadersOf(CredentialCache? credentials) =>
        credentials is null ? [] : credentials.Source.HeaderNames ?? credentials.Current?.Credential.HeaderNames ?? [];

    private static bool HasOneOf(HttpRequestMessage request, IReadOnlyList<string> names)
    {
        if (RequestParts.HeadersOf(request) is not { } headers)
        {
            return false;
        }

        for (var i = 0; i < names.Count; i++)
        {
            if (headers.NonValidated.Contains(names[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes the credential that is at hand.</summary>
    /// <returns><see langword="false"/> if there is none, and one has to be waited for.</returns>
    private bool TryTakeCredential(Call call, long now)
    {
        if (call.Credentials is not { } credentials)
        {
            return true;
        }

        if (credentials.TryTake(now, state.Credential.Counts) is not { } taken)
        {
            return false;
        }

        // A provider's credential shows what it sets only now.
        if (call.Credential is null && credentials.Source.HeaderNames is null && HasOneOf(call.Request, taken.Credential.HeaderNames))
        {
            call.Credentials = null;
            return true;
        }

        call.Credential = taken;
        return true;
    }

    /// <summary>Waits for a credential where none is at hand, no longer than the call has time. Nothing is held meanwhile.</summary>
    /// <exception cref="AmbassadorAuthenticationException">There is none.</exception>
    /// <exception cref="OperationCanceledException">The caller has left.</exception>
    /// <exception cref="TimeoutException">The call's time is over.</exception>
    private async ValueTask AcquireCredentialAsync(Call call)
    {
        while (!TryTakeCredential(call, _clock.GetTimestamp()))
        {
            var now = _clock.GetTimestamp();
            var (flight, failure, retryAfter) = call.Credentials!.Acquire(now, state.Credential.Counts);
            if (flight is not null)
            {
                await WaitInTime(call, flight).ConfigureAwait(false);
                if (TryTakeCredential(call, now = _clock.GetTimestamp()))
                {
                    return;
                }

                (failure, retryAfter) = call.Credentials!.ReadFailure(now);
            }

            // Where there is neither, it was taken back before this call came to use it: it is asked for again.
            if (failure is not null)
            {
                throw new AmbassadorAuthenticationException(
                    state.Name, $"Ambassador '{state.Name}' has no credential: {failure.Describe()}. Nothing was sent.", failure.Status, failure.Error, retryAfter);
            }
        }
    }

    /// <summary>What comes in the way of another attempt because there is no credential for it any more.</summary>
    private async ValueTask<AttemptOutcome?> FindMissingCredentialAsync(Call call)
    {
        try
        {
            await AcquireCredentialAsync(call).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (call.Caller.IsCancellationRequested)
        {
            return AttemptOutcome.Of(AttemptClass.Cancelled, new OperationCanceledException(call.Caller));
        }
        catch (TimeoutException exception)
        {
            return TotalTimeout(exception);
        }
        catch (AmbassadorAuthenticationException exception)
        {
            return AttemptOutcome.Of(AttemptClass.Fatal, exception);
        }
    }

    /// <summary>Puts the credential on a request that is about to be sent.</summary>
    /// <returns>Why it can not be; then the request is not sent.</returns>
    private AmbassadorAuthenticationException? ApplyCredential(Call call, HttpRequestMessage request)
    {
        // Another request than the attempt's is that of a redirect. One that has led away once is not trusted to lead back.
        if (!ReferenceEquals(request, call.Request) && !call.IsCredentialApplied)
        {
            return null;
        }

        var isFirst = call is { IsCredentialApplied: false, HasSentSeveral: false };
        call.IsCredentialApplied = false;
        if (call.SentTo is not null && call.Settings.CredentialOrigin.FindEndpointProblem(call.Lease.Endpoint.Address!) is { } problem)
        {
            return new AmbassadorAuthenticationException(state.Name, $"Ambassador '{state.Name}' sends no request without its credential, and {problem}: nothing was sent.");
        }

        var credential = call.Credential!.Credential;
        try
        {
            if (!isFirst)
            {
                credential.TakeOff(request); // It may be the same that a pipeline sends again.
            }

            // Where the last handler puts the address of the endpoint in, the request has its own still.
            credential.PutOn(request, ReferenceEquals(request, call.Request) ? call.SentTo ?? request.RequestUri! : request.RequestUri!);
            call.IsCredentialApplied = true;
            return null;
        }
#pragma warning disable CA1031 // It is the user's code, and its message may say what nobody is to know.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            credential.TakeOff(request);
            return new AmbassadorAuthenticationException(
                state.Name, $"The credential of ambassador '{state.Name}' could not be put on a request, by {exception.GetType().Name}: nothing was sent.");
        }
    }

    private static bool IsCredentialRefused(Call call, in AttemptOutcome outcome) =>
        call.IsCredentialApplied && outcome.Response?.StatusCode == HttpStatusCode.Unauthorized;

    /// <summary>Sends a request again whose credential was refused, if there is another one: once in a call, and as part of the same attempt.</summary>
    private async ValueTask<AttemptOutcome> RenewAndReplayAsync(Call call, AttemptOutcome refused)
    {
        var (credentials, sent) = (call.Credentials!, call.Credential!);
        state.Credential.Counts.CountRefused();
        if (!call.Settings.Options.Authentication.RenewOn401 || call.HasReplayed || BearerChallenge.SaysInsufficientScope(refused.Response!))
        {
            return refused;
        }

        var now = _clock.GetTimestamp();
        if (!call.IsReplayable || (call.HasSentSeveral && !call.IsIdempotent))
        {
            credentials.Invalidate(sent, now);
            return refused;
        }

        var (other, flight) = HasTimeFor(call, now) ? credentials.Renew(sent, now, state.Credential.Counts) : default;
        if (other is null && flight is null)
        {
            return refused;
        }

        call.HandedPlace?.Release(); // None is held while a credential is waited for, and the same request is to have the next one.
        try
        {
            other ??= await WaitForOtherAsync(call, sent, flight!).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return LeaveRefused(call, refused);
        }
        catch (TimeoutException)
        {
            return refused; // The server's word is better than none.
        }

        now = _clock.GetTimestamp();
        if (other is null || !HasTimeFor(call, now))
        {
            return refused;
        }

        return await AdmitAsync(call, now).ConfigureAwait(false) switch
        {
            null => await ReplayAsync(call, other, refused).ConfigureAwait(false),
            OperationCanceledException => LeaveRefused(call, refused),
            _ => refused,
        };
    }

    private static AttemptOutcome LeaveRefused(Call call, in AttemptOutcome refused)
    {
        refused.Response!.Dispose();
        return AttemptOutcome.Of(AttemptClass.Cancelled, new OperationCanceledException(call.Caller));
    }

    /// <summary>What comes of a renewal, unless it is the same again.</summary>
    private async ValueTask<CachedCredential?> WaitForOtherAsync(Call call, CachedCredential sent, Task flight)
    {
        var credentials = call.Credentials!;
        while (true)
        {
            await WaitInTime(call, flight).ConfigureAwait(false);
            var now = _clock.GetTimestamp();
            if (credentials.TryTake(now, state.Credential.Counts) is not { } next || ReferenceEquals(next, sent))
            {
                return null;
            }

            if (!next.Credential.IsSameAs(sent.Credential))
            {
                return next;
            }

            if (next.IsRenewal)
            {
                credentials.OnRefusedAgain(next, now);
                return null;
            }

            // It was asked for before the refusal, by somebody who could not tell of it.
            var (other, renewal) = credentials.Renew(next, now, state.Credential.Counts);
            if (renewal is null)
            {
                return other;
            }

            flight = renewal;
        }
    }

    private async ValueTask<AttemptOutcome> ReplayAsync(Call call, CachedCredential other, AttemptOutcome refused)
    {
        refused.Response!.Dispose();
        Restore(call);
        (call.Credential, call.HasReplayed) = (other, true);
        if (Dress(call) is { } failure)
        {
            return AttemptOutcome.Of(AttemptClass.Fatal, failure);
        }

        var now = _clock.GetTimestamp();
        var outcome = await EndAttemptAsync(call, Send(call, AttemptCause.Replay, now)).ConfigureAwait(false);
        if (IsCredentialRefused(call, outcome))
        {
            state.Credential.Counts.CountRefused();
            call.Credentials!.OnRefusedAgain(other, _clock.GetTimestamp());
        }
        else if (outcome.Response is not null && call.IsCredentialApplied)
        {
            call.Credentials!.OnAccepted(other);
        }

        return outcome;
    }

    private bool HasTimeFor(Call call, long now) =>
        call.DueAt == long.MaxValue || _clock.GetElapsedTime(now, call.DueAt) >= call.Settings.Options.MinAttemptTime || IsSuspended(call);
}
