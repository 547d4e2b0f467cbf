using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>
/// One incarnation's walk from the queue to the handler: takes one message after the other, calls the handler, settles.
/// </summary>
/// <remarks>
/// <para>Messages whose handlers complete at once are handled in <see cref="HandleRun"/>, without an asynchronous layer between them; the first that
/// does not is awaited in <see cref="LoopAsync"/>.</para>
/// <para>The lane owns the taking side of the queue while its <see cref="_phase"/> is <see cref="Working"/>. A supervisor that can not wait for a
/// handler takes that ownership away with <see cref="TryInterrupt"/>.</para>
/// </remarks>
internal sealed class DispatchLane<T> : Incarnation
{
    private const int Resting = 0;
    private const int Working = 1;
    private const int Calling = 2;

    private const int GoOn = 0;
    private const int Leave = 1;
    private const int Interrupted = 2;

    private const int MaxYields = 64;

    // How many messages in a row are handled before the thread is offered to others: many busy sidecars share few threads.
    private const int MaxRun = 1024;

    private readonly MessageWorker<T> _worker;
    private readonly MessageQueue<T> _queue;
    private readonly ISidecar<T> _handler;
    private readonly SidecarMetrics _metrics;
    private readonly CallTimeout? _timeout;
    private readonly CallContexts _contexts;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task _loop = Task.CompletedTask;

    // Written by the lane.
    private int _phase;
    private T _current = default!;
    private CallObservation _observation;
    private IdlePolicy _idle;
    private int _runLeft = MaxRun;

    // Written by whoever wants the lane to end.
    private int _order;

    // Who settles the message that was in flight when the lane was interrupted: 1 once somebody does.
    private int _claim;

    public DispatchLane(MessageWorker<T> worker, ISidecar<T> handler, object instance, bool ownsInstance, SidecarContext context)
        : base(instance, ownsInstance, context)
    {
        _worker = worker;
        _queue = worker.Queue;
        _handler = handler;
        _metrics = worker.Metrics;
        _contexts = new CallContexts(worker.Queue);
        _idle = new IdlePolicy(worker.Queue.Capacity);
        if (worker.Options.HandlerTimeout is { } timeout)
        {
            _timeout = new CallTimeout(timeout, context.TimeProvider, GiveUpOnCall, Token);
        }
    }

    public override Task Quiet => _loop;

    public override bool WasInterrupted => Volatile.Read(ref _order) == Interrupted;

    public override Task RunAsync()
    {
        ReportRunning();
        _loop = LoopAsync();
        return _ended.Task;
    }

    /// <summary>Does nothing: a closed queue ends the lane once it is empty.</summary>
    public override void Stop()
    {
    }

    public override void LeaveSoon() => Interlocked.CompareExchange(ref _order, Leave, GoOn);

    public override bool TryInterrupt(DeadLetterReason reason, Exception? cause) => TryEnd(reason, cause, outcome: null);

    public override ValueTask DisposeAsync()
    {
        _timeout?.Dispose();
        return base.DisposeAsync();
    }

    private async Task LoopAsync()
    {
        try
        {
            await Task.Yield(); // The supervisor's thread must stay free to replace the lane if a handler blocks the one it runs on.
            _contexts.AdoptCurrent();
            Volatile.Write(ref _phase, Working);
            while (Volatile.Read(ref _order) == GoOn)
            {
                while (HandleRun(out var pending))
                {
                    _queue.ServeWaitingPublishers(); // The next take may be far off.
                    Exception? failure = null;
                    try
                    {
                        await pending.ConfigureAwait(false);
                    }
#pragma warning disable CA1031 // A handler may throw anything: it fails its message, never the loop.
                    catch (Exception exception)
#pragma warning restore CA1031
                    {
                        failure = exception;
                    }

                    EndCall(failure);
                    _runLeft = MaxRun;
                }

                if (Volatile.Read(ref _order) != GoOn)
                {
                    break;
                }

                if (_runLeft == 0)
                {
                    _runLeft = MaxRun;
                    await Task.Yield();
                    continue;
                }

                if (_idle.ShouldLinger())
                {
                    for (var i = 0; i < MaxYields && !_queue.HasNext; i++)
                    {
                        await Task.Yield();
                    }
                }

                var wait = _queue.WaitToTakeAsync();
                if (!wait.IsCompleted)
                {
                    Volatile.Write(ref _phase, Resting);
                }

                if (!await wait.ConfigureAwait(false))
                {
                    break;
                }

                Volatile.Write(ref _phase, Working);
            }

            if (Volatile.Read(ref _order) != Interrupted)
            {
                _ended.TrySetResult(); // Else the one who interrupted says how it ended.
            }
        }
#pragma warning disable CA1031 // The edge of the loop: the supervisor decides what its end means.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _ended.TrySetException(exception);
        }
        finally
        {
            Volatile.Write(ref _phase, Resting);
        }
    }

    /// <summary>Handles messages for as long as their handlers complete at once; <see langword="true"/> if one did not.</summary>
    private bool HandleRun(out ValueTask pending)
    {
        while (_runLeft > 0 && Volatile.Read(ref _order) == GoOn && _queue.TryTake(out _current!))
        {
            _runLeft--;
            _idle.CountTaken();
            Exception? failure = null;
            try
            {
                var call = BeginCall();
                if (!call.IsCompleted)
                {
                    pending = call;
                    return true;
                }

                call.GetAwaiter().GetResult();
            }
#pragma warning disable CA1031 // A handler may throw anything: it fails its message, never the loop.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = exception;
            }

            EndCall(failure);
        }

        _contexts.RestoreOwn();
        _current = default!; // The last message is not kept alive while the lane waits.
        _observation = default;
        pending = default;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ValueTask BeginCall()
    {
        var token = _timeout is null ? Token : _timeout.Begin();
        _contexts.Enter();
        if (_metrics.IsListening)
        {
            // In the call's own context: the handler runs within this activity, and what an earlier handler left behind is not its parent.
            _metrics.Begin(ref _observation, _queue.LastOrigin, typeof(T));
        }

        Volatile.Write(ref _phase, Calling);
        return _handler.HandleAsync(_current, Context, token);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EndCall(Exception? failure)
    {
        Volatile.Write(ref _phase, Working);
        _contexts.Leave();
        if (Volatile.Read(ref _order) == Interrupted && Interlocked.Exchange(ref _claim, 1) != 0)
        {
            EndLateCall(failure);
            return;
        }

        var timedOut = _timeout is not null && EndsLate(_timeout);
        if (failure is null && !timedOut)
        {
            _queue.Settle(Settlement.Handled);
        }
        else
        {
            _contexts.RestoreOwn();
            failure = SettleFailed(failure, timedOut);
        }

        if (_observation.IsActive)
        {
            _metrics.End(ref _observation, failure);
        }
    }

    private bool EndsLate(CallTimeout timeout)
    {
        var end = timeout.End();
        if (end == CallEnd.GivenUp)
        {
            // Whoever gives up is about to interrupt the lane, but on account of this call: no other is to begin.
            Volatile.Write(ref _order, Interrupted);
        }

        return end != CallEnd.InTime;
    }

    /// <summary>The message has been settled by the one who interrupted the lane: that the call ends now is no news of it.</summary>
    private void EndLateCall(Exception? failure)
    {
        _worker.CountLate();
        if (_observation.IsActive)
        {
            _metrics.End(ref _observation, failure ?? new OperationCanceledException("The call ended after its message had been settled."));
        }
    }

    /// <summary>Settles a call that failed.</summary>
    /// <returns>What it failed with, which for one that took too long is the time-out, however it ended.</returns>
    private Exception? SettleFailed(Exception? failure, bool timedOut)
    {
        // A call that was cancelled because the time to drain is over did not fail: it was abandoned.
        var reason = timedOut ? DeadLetterReason.HandlerTimeout
            : failure is OperationCanceledException && Token.IsCancellationRequested ? DeadLetterReason.Abandoned
            : DeadLetterReason.HandlerFailed;
        var cause = timedOut ? _timeout!.Explain(failure) : failure;
        _worker.Settle(_current, reason, cause, Context.Attempt);
        return cause;
    }

    /// <summary>The handler ignores its cancelled token: the incarnation ends without it.</summary>
    private void GiveUpOnCall(TimeoutException timeout)
    {
        var spinner = default(SpinWait);
        while (!TryEnd(DeadLetterReason.HandlerTimeout, timeout, outcome: timeout))
        {
            spinner.SpinOnce();
        }
    }

    private bool TryEnd(DeadLetterReason reason, Exception? cause, Exception? outcome)
    {
        Volatile.Write(ref _order, Interrupted);

        // The lane writes its phase and then reads the order, with no fence between them, once a message. This fence stands in for it:
        // either the lane sees the order, or what is read here is the phase that it is still in.
        Interlocked.MemoryBarrierProcessWide();
        switch (Volatile.Read(ref _phase))
        {
            case Working:
                return false; // Between two calls: a moment later it has left, or is in a call.
            case Calling when Interlocked.Exchange(ref _claim, 1) == 0:
                _worker.Settle(_current, reason, cause, Context.Attempt);
                break;
        }

        if (outcome is null)
        {
            _ended.TrySetResult();
        }
        else
        {
            _ended.TrySetException(outcome);
        }

        return true;
    }
}
