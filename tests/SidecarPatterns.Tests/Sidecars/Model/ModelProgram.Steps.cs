using System.Globalization;

namespace SidecarPatterns.Tests;

/// <summary>The steps of a program. One that would not have one certain outcome just now is left out.</summary>
internal sealed partial class ModelProgram
{
    // Of timers that are not those of retries: the longest is the grace of a handler whose time is over.
    private static readonly TimeSpan LongestShortTime = SidecarConstants.AbandonGrace;

    private static readonly TimeSpan?[] HandlerTimeouts = [null, TimeSpan.FromMilliseconds(25), TimeSpan.FromMilliseconds(40)];

    private Task StepAsync()
    {
        switch (_random.Next(20))
        {
            case < 7:
                PublishSome();
                break;
            case 7:
                Say("pause");
                _host.Control.Pause(Name);
                _model.Pause();
                break;
            case 8 or 9:
                Say("resume");
                _host.Control.Resume(Name);
                _model.Resume();
                break;
            case 10:
                return RestartAsync();
            case 11:
                Flush();
                break;
            case 12 or 13:
                Reload();
                break;
            case 14:
                return PassAsync(TimeSpan.FromMilliseconds(_random.Next(1, 60)));
            case 15:
                return PassAsync(SidecarModel.RetryDelay);
            case 16 or 17:
                Release();
                break;
            case 18:
                Replay();
                break;
            default:
                Discard();
                break;
        }

        return Task.CompletedTask;
    }

    private void Say(string step) => _steps.Add(step);

    /// <summary>More than there is room for only where the queue stands still.</summary>
    private void PublishSome()
    {
        var count = Math.Min(_random.Next(1, 7), _model.IsBlocked ? int.MaxValue : _model.Room);
        for (var i = 0; i < count; i++)
        {
            Publish(NewMessage(mayHold: _mode.Kind != ModelKind.Keyed || _model.Holders + 1 < _model.Concurrency));
        }
    }

    private ModelMessage NewMessage(bool mayHold)
    {
        var id = ++_lastId;
        var fails = _random.Next(6) switch
        {
            < 3 => 0,
            3 or 4 => _random.Next(1, 4),
            _ => ModelMessage.Always,
        };
        var message = new ModelMessage(id, KeyOf(id), fails, mayHold && _random.Next(4) == 0, _random.Next(2) == 0);
        _calls.Add(message);
        return message;
    }

    private void Publish(ModelMessage message)
    {
        Say($"publish {message}");
        var result = _account.Publish(_host.Writer<int>(), message.Id);
        Expect(result.Status, _model.Publish(message), "publish");
    }

    private async Task RestartAsync()
    {
        Say("restart, releasing what is held");
        var held = _model.Held.ToArray();
        var restart = _host.Control.RestartAsync(Name);
        Array.ForEach(held, _calls.Release);
        await restart.InTime();
        _model.Restart();
    }

    private void Flush()
    {
        if (_model.IsPaused)
        {
            Say("flush while paused");
            Assert.That(() => _host.Control.FlushAsync(Name), Throws.InvalidOperationException);
            return;
        }

        Say("flush");
        _flushes.Add(_host.Control.FlushAsync(Name));
        _model.Flush();
    }

    private void Reload()
    {
        switch (_random.Next(4))
        {
            case 0 when Pick(_mode.Concurrencies) is var concurrency && _model.TryResize(concurrency):
                Reload("Concurrency", concurrency.ToString(CultureInfo.InvariantCulture));
                break;
            case 1 when Pick(_mode.BatchSizes) is var size && _model.TryResizeBatches(size):
                Reload("BatchSize", size.ToString(CultureInfo.InvariantCulture));
                break;
            case 2:
                _model.MaxAttempts = _random.Next(1, 4);
                Reload("MaxAttempts", _model.MaxAttempts.ToString(CultureInfo.InvariantCulture));
                break;
            case 3:
                _model.HandlerTimeout = Pick(HandlerTimeouts);
                Reload("HandlerTimeout", _model.HandlerTimeout?.ToString("c", CultureInfo.InvariantCulture));
                break;
        }
    }

    private void Reload(string key, string? value)
    {
        Say($"reload: {key} = {value ?? "none"}");
        Change((key, value));
    }

    private Task PassAsync(TimeSpan time)
    {
        Say($"let {time} pass");
        _model.Pass(time);
        return _host.Clock.AdvanceAsync(time);
    }

    private void Release()
    {
        Say($"release {string.Join(' ', _model.Held)}");
        foreach (var id in _model.Held.ToArray())
        {
            _calls.Release(id);
        }

        _model.Release();
    }

    /// <summary>With one lane the letters have an order, and so come back in it.</summary>
    private void Replay()
    {
        var most = _mode.Kind is ModelKind.Single or ModelKind.Batch ? _random.Next(1, 4) : 1;
        var ids = _model.Letters
            .Where(letter => _mode.Kind != ModelKind.Keyed || !letter.Message.Holds)
            .Select(static letter => letter.Message.Id).Order().Take(Math.Min(most, _model.Room)).ToHashSet();
        Say($"replay {string.Join(' ', ids)}");
        var replayed = _host.Control.ReplayDeadLetters(Name, letter => ids.Contains((int)letter.Message));
        Expect(replayed, ids.Count, "replayed");
        for (var i = 0; i < replayed; i++)
        {
            _account.Count(accepted: true);
        }

        _account.CountTaken(replayed);
        _model.Replay(ids);
    }

    private void Discard()
    {
        var rest = _random.Next(3);
        Say($"discard those with {rest} modulo 3");
        var discarded = _host.Control.DiscardDeadLetters(Name, letter => (int)letter.Message % 3 == rest);
        Expect(discarded, _model.Discard(id => id % 3 == rest), "discarded");
        _account.CountTaken(discarded);
    }

    private async Task StopAsync()
    {
        Say("stop, releasing everything");
        var stop = _host.StopAsync();
        for (var id = 1; id <= _lastId; id++)
        {
            _calls.Release(id);
        }

        await stop;
        _model.Stop();
    }

    private T Pick<T>(IReadOnlyList<T> choices) => choices[_random.Next(choices.Count)];

    private static void Expect<T>(T actual, T expected, string what)
    {
        if (Compare(what, actual, expected) is { } difference)
        {
            throw new InvalidOperationException(difference);
        }
    }
}
