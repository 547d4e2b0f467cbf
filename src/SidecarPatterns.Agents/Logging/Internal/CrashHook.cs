namespace SidecarPatterns;

/// <summary>Has the lines written when the process ends of an exception that nobody handles, and a last one that says so.</summary>
internal sealed class CrashHook : IDisposable
{
    private readonly LogRoutes _routes;
    private readonly SidecarLog _log;
    private readonly TimeProvider _timeProvider;

    public CrashHook(LogRoutes routes, SidecarLog log, TimeProvider timeProvider)
    {
        _routes = routes;
        _log = log;
        _timeProvider = timeProvider;
        AppDomain.CurrentDomain.UnhandledException += OnUnhandledException;
    }

    public void Dispose() => AppDomain.CurrentDomain.UnhandledException -= OnUnhandledException;

    private void OnUnhandledException(object sender, UnhandledExceptionEventArgs arguments) => OnCrash(arguments.ExceptionObject as Exception);

    /// <summary>Writes all there is, within some seconds.</summary>
    public void OnCrash(Exception? exception)
    {
        _routes.Post(NoticeEntry.ProcessCrashed(_timeProvider.GetUtcNow(), exception));
        try
        {
            _log.FlushAsync().Wait(LogSidecarConstants.CrashFlush);
        }
#pragma warning disable CA1031 // The process ends: another exception would hide the one that it ends of.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
